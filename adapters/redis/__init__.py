"""Stores in Redis, shared by the workers of one installation. Imported only where Redis is used (ADR 60).

One `RedisConnection` (`address`, `connection`, `trouble`) serves all stores; `cache`, `breaker_state`, `leases` and
`cost_snapshots` implement a port each.
"""
