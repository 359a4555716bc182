"""`POST /responses`: its request fields, and how to read its frames and whole answers. `event_types` is the table of
all its events.
"""
