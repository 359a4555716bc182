"""Reject requests that upstream would reject before it calls a model, with upstream's error messages.

`shapes` has checks of JSON types; `request`, `items`, `tools` and `chat` have the schemas built of them. `history`,
`chat_history` and `limits` have the rules of the providers behind upstream, `routing` those that exclude every
endpoint.
"""
