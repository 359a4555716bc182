"""What is a secret: `secrets` recognises shapes, `known` masks known values; both return masked text. `spellings` finds
a value however it is escaped; `request_secrets` finds the values that one request carries."""
