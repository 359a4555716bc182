"""Translate chat histories into items of the Responses API and restore stored turns in them.

Tables: `item_types` (every item of upstream), `call_kinds` (calls that a caller answers). Parsing: `history` (once per
history), `history_format` (what entrypoints add to texts), `figures` (what a settlement needs of it). Translating:
`items`, `parts`, `media`, `legacy_calls`, `arguments`, `call_ids`, `native_calls`; `calls_as_text` for models that
reject past calls; `placeholders` for what is missing. Selecting: `turn_boundaries`, `pruning`, `size`; `shortening` and
`tokens` for what would not fit the model; `cache_marks` for a prompt cache. Storing: `record` (a turn as rows),
`server_items` and `stored_shapes` (what of an item), `namespace`. Recognising: `references`, `fingerprint`, `marks`,
`stored_answers`. Replaying: `replay`, `replayed_items`, `provenance` (whose thinking is sent again). Answers whose
process was lost: `interrupted_calls`, `journalled_calls`.
"""
