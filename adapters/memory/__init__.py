"""Adapters that keep everything in memory and end with the process; for tests and for running without a store."""
