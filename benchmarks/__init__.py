"""Speed and memory, measured side by side with a minimal pipe: `python -m benchmarks.run`.

`run` chooses and prints the parts · `report` the table · `rig` host, upstream and functions · `rounds` alternating
rounds · `api`, `browser`, `crowd`, `cold`, `writing` inside one real host · `inprocess` joins `decode`, `streams`,
`building` (on histories of `chats`), `catalog`, `listing` and `startup`, which need none · `bare_pipe` and
`ticker_pipe` are functions for the host. `remembering` joins `replay`, `lookup` and `storing`, with stores and chats
of `memory_rig`.
"""
