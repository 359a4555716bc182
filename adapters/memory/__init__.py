"""Adapters that store everything in memory and lose it when the process ends.

`files` serves hosts without a storage of their own. `artifacts`, `tool_runs` (both bounded), `leases` and
`breaker_state` serve temporary chats, and all chats while no database is available.
"""
