"""`POST /images`: its request fields, and how to read its frames and whole answers."""
