"""The one loop that reads an event stream, whichever endpoint it comes from.

Bytes -> payloads (`sse`) -> frames (`translator`) -> port events, adjacent deltas joined (`delta_run`). What a frame
means is said by `responses` and by `chat`.
"""
