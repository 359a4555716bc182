"""JSON as upstream writes and reads it: the codec, type-checked fields, request bodies, ids of calls, usage and facts
about an answer.

Independent of HTTP and of the endpoints' streams.
"""
