"""Stores in a database: SQLite in a file of our own, or PostgreSQL. One `Database`, one class per port."""
