"""What is a secret: `secrets` recognises shapes, `known` masks known values. Both return masked text."""
