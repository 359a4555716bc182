"""`POST /chat/completions`: builds its requests from Responses bodies, turns its chunks into Responses items."""
