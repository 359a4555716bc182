"""What callers send: pydantic models of foreign request bodies, read leniently and frozen at once."""
