"""Stores in a database: SQLite in a file of this pipe, or PostgreSQL.

One `Database` (`engines`, `connection`, `trouble`) serves all stores; `artifacts`, `leases`, `tool_runs`,
`breaker_state` and `cache` implement a port each. `tables` is the expected schema; `migrate` upgrades older databases.
"""
