"""The one loop that reads an event stream, for both endpoints.

Bytes -> payloads (`sse`) -> frames (`translator`) -> port events, adjacent deltas joined (`delta_run`). `responses` and
`chat` define the meaning of frames.
"""
