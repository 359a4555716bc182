"""Implementations of the ports: one folder per technology; no folder imports another."""
