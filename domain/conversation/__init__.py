"""History: chat messages in, items of the Responses API out, with what earlier turns left put back in its place.

`history` parsed once, and the whole way; `figures` what a settlement needs of it; `items`, `parts`, `media`,
`older_calls` messages translated; `turns`, `pruning`, `size` how much of it; `calls_as_text` for models that refuse old
calls; `record` what a turn leaves, as rows; `references`, `fingerprint`, `marks` by what a turn is found again;
`returned` which messages are its own; `replay`, `rebuilding` what goes in their place; `provenance` whose thinking goes
back; `placeholders` what a model reads where something is missing; `markers`, `temporary`, `namespace` names with a
meaning.
"""
