"""Receivers of tools, one per maker of models: each refuses what that maker's API refuses, in its words.

`receive` chooses by the author of the model. `walk` reads a schema without recursion.
"""
