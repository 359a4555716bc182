"""How the world does it: one folder per technology, each behind ports, none knowing another."""
