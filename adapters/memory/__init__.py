"""Adapters that store everything in memory and lose it when the process ends.

`artifacts`, `tool_runs` (both bounded), `leases` and `breaker_state` serve temporary chats, and all chats while no
database is available.
"""
