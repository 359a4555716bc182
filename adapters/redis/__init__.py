"""Stores in Redis, shared by the workers of one installation. Imported only where Redis is used (ADR 60)."""
