"""What is a secret: `secrets` knows its shapes, `known` masks values by what they are. Both return masked text."""
