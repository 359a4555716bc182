"""How a script looks on the wire: `responses` and `chat` turn moves into frames, `steps` puts them in time.

Writers are pure: bytes out, no socket and no clock. What they have written so far is what a call is billed for.
"""
