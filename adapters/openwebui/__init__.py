"""What the process of Open WebUI offers to the functions that run in it.

Modules of the host are imported by name, when first needed: one that is missing costs one feature, not the load.
"""
