"""JSON as upstream writes and reads it: the codec, single values read without trust, request bodies, usage.

Knows nothing of HTTP and of neither endpoint's stream.
"""
