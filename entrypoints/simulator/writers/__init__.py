"""Encode a script for the wire: `responses` and `chat` turn moves into frames, `steps` schedules them.

Writers return bytes and use no socket and no clock. A call is billed for the frames written so far.
"""
