"""Measures speed and memory side by side with a minimal pipe: `python -m benchmarks.run`.

`run` selects and prints the parts; `report` formats the table; `rig` runs host, upstream and functions; `rounds`
alternates the rounds. `api`, `browser`, `crowd`, `cold` and `writing` run inside one real host. `inprocess` combines
`decode`, `streams`, `building` (on histories of `chats`), `catalog`, `listing` and `startup`, which need no host.
`bare_pipe` and `ticker_pipe` are functions for the host. `remembering` combines `replay`, `lookup` and `storing`, with
stores and chats of `memory_rig`.
"""
