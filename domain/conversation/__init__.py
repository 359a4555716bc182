"""History: chat messages in, items of the Responses API out, with what earlier turns left put back in its place.

`history` parsed once, and the whole way; `figures` what a settlement needs of it; `items`, `parts`, `media`,
`legacy_calls` messages translated; `turn_boundaries`, `pruning`, `size` how much of it; `calls_as_text` for models that
refuse old calls; `record` what a turn leaves, as rows; `references`, `fingerprint`, `marks` what a turn is recognised
by; `stored_answers` which messages are its own; `replay`, `replayed_items` what goes in their place; `placeholders`
what a model reads where something is missing; `provenance` whose thinking goes back; `interrupted_calls`,
`journalled_calls` calls whose answer broke off; `marker_lines`, `temporary_chats`, `namespace` names with a meaning.
"""
