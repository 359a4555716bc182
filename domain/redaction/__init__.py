"""What is a secret, and how it looks when it has to be mentioned."""
