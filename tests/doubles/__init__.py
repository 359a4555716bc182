"""Small implementations of the ports that live in memory and do what a test tells them."""
