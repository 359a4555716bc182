"""Adapters that keep everything in memory and end with the process.

`artifacts`, `tool_runs`, `leases` and `breaker_state`, the first two bounded, serve temporary chats, and all chats
while no database can be had.
"""
