"""Translate chat histories into items of the Responses API and restore stored turns in them.

Parsing: `history` (once per history), `history_format` (what entrypoints add to texts), `figures` (what a settlement
needs of it). Translating: `items`, `parts`, `media`, `legacy_calls`, `arguments`, `call_ids`; `calls_as_text` for
models that reject past calls; `placeholders` for what is missing. Selecting: `turn_boundaries`, `pruning`, `size`.
Storing: `record` (a turn as rows), `namespace`. Recognising: `references`, `fingerprint`, `marks`, `stored_answers`.
Replaying: `replay`, `replayed_items`, `provenance` (whose thinking is sent again). Answers whose process was lost:
`interrupted_calls`, `journalled_calls`.
"""
