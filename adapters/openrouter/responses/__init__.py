"""The vocabulary of `POST /responses`: what its frames and its whole answers mean."""
