"""The tools of a turn.

`registry` merges the tools on offer and `names` names them; `sound_schema` reads their schemas, `dialects` writes them
for the maker of a model, `surplus` decides which stay; `strict` converts schemas to strict mode and `relaxing`
converts arguments back; `arguments` reads the arguments of a call; `plan` and `hints` schedule the calls of a round;
`results` turns results into text for the model; `replies` holds the texts a model reads instead of a result; `once`
keeps a call from running twice.
"""
