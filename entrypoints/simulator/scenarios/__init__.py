"""What the models named `sim/...` do: a slug is parsed into a scenario, a scenario returns a script of moves.

`moves` is the vocabulary, `registry` the list of slugs, the others hold the scenarios by family.
No I/O and no wire format in here.
"""
