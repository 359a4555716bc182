"""Structured log lines, written through structlog into the logger `openrouter_pipe`."""
