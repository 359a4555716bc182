"""The vocabulary of `POST /chat/completions`: requests made of Responses bodies, chunks turned into Responses items."""
