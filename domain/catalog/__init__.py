"""Models: which of them are offered, and how a requested name finds its catalog entry.

`offer` and `selection` choose; `support` says what a model takes and costs, `prompt_window` how long a prompt may be.
"""
