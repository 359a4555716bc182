"""Build one turn's request.

`turn_request` is everything a turn needs, frozen; `body` builds what is sent upstream. Its parts: `sampling`,
`reasoning`, `text_format`, `tool_specs`, `schemas`, `shapes`, `plugins`, `plugin_shapes`, `passed`, `pictures`,
`instructions`, `routing`, `server_limits`, `identifiers`, `caching`; `defaults` adds the operator's values, `lost` and
`unsent` name what is not sent, and `coverage` is the table of all fields of upstream.
`endpoint` chooses the endpoint, `runners` who runs a tool call, `tasks` shortens the messages of background tasks.
`repair` changes a rejected request, `lessons` applies these changes to later ones.
"""
