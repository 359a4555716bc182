"""How the makers of models want function tools: one module per dialect, each with its limits and their sources.

`dialect_of` in `choice` chooses by the author of the model. A dialect turns a sound schema into the form its maker
takes; `portable` does what all of them need, `root` makes the root a plain object, `patterns` judges regular
expressions, `words` says in a description what a form cannot express.
"""
