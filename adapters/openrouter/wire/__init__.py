"""JSON as upstream writes and reads it: the codec, type-checked fields, request bodies, usage.

Independent of HTTP and of the endpoints' streams.
"""
