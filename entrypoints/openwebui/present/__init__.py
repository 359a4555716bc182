"""Outputs of a turn -> what the host understands, per kind of caller and host version.

`native` items for the page from 0.8 on, kept in `item_list`; `legacy` chunks for the page of 0.6; `pace` when a piece
leaves; `fault_text` cards and status lines; `frames` the events they share; `guard` leaves no call without an output;
`pieces` waits for what leaves next; `emitter` sends events beside the answer; `stream` joins it all into the generator
the host iterates. What API clients get is in `entrypoints.openai`, the sentences are in `entrypoints.sentences`.
"""
