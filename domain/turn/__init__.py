"""One turn as a state machine without I/O: takes events with a clock value, returns steps.

`plan` holds what is decided before the turn; `events` are the inputs; `steps` are outputs and commands; `machine`
decides. Its state has four parts: `attempts` (each announced and ended once; `outcome` says how), `retries` (the
request, and what follows a failure), `rounds` (the current response and its tool calls) and `shown` (what the reader
got). `fitting` keeps each request within its model. `reading`, `answer`, `output_items` and `item_places` collect one
response; `call_ids` makes call ids unique; `retained_items` selects what a round leaves for later requests. Tools that
upstream runs: `server_tools` holds what is reported of them, `server_tool_reports` reads it from an item by means of
`server_tool_fields`, `server_tool_uses` says when. `waiting` schedules the `statuses` shown to a waiting person;
`summary` adds up the end. The same events at the same times give the same steps.
"""
