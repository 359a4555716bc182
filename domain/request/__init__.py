"""Build one turn's request.

`turn_request` is everything a turn needs, frozen; `body` builds what is sent upstream. Its parts: `sampling`,
`reasoning`, `text_format`, `tool_specs`, `tool_choice`, `server_tools`, `plugins`, `plugin_shapes`, `passed`,
`pictures`, `instructions`, `routing`, `server_limits`, `identifiers`, `caching`; `tool_types` is the table of tool
types, `tool_shapes` and `search_shapes` hold their options, `abilities` what they are for, `coverage` the table of all
fields; `shapes` and `schemas` check what is foreign. `defaults` adds the operator's values, `lost` and `unsent` name
what is not sent. `endpoint` chooses the endpoint, `runners` who runs a tool call, `tasks` shortens the messages of
background tasks, `extra_costs` says what costs money beside tokens. `repair` changes a rejected request,
`stated_length` reads the numbers of a refusal for length, `lessons` applies these changes to later ones.
"""
