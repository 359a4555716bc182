"""Structured log lines, written through structlog into a logger of our own."""
