"""The behaviour of the models `sim/...`: a slug is parsed into a scenario, a scenario returns a script of moves.

`moves` has the moves, `registry` the list of slugs, the other modules the scenarios by family. There is no I/O and no
wire format in this folder.
"""
