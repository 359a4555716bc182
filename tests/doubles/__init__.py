"""Small in-memory implementations of the ports, scripted by a test."""
