"""Tools of a turn.

`registry` and `names` what is offered, under which names; `strict` and `relaxing` schemas for strict mode and back;
`arguments` what a call brings; `plan` and `hints` which call runs when and until when; `results` what the model reads
of it; `replies` what it reads in a result's place; `once` that nothing runs twice.
"""
