"""One turn's request: who asks for what, and the body that goes upstream."""
