"""Stores in a database: SQLite in a file of our own, or PostgreSQL.

One `Database` (`engines`, `connection`, `trouble`) for all stores of a place; `artifacts`, `leases`, `tool_runs` and
`breaker_state` implement a port each. `tables` is what they expect, `migrate` brings older databases there.
"""
