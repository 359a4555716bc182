"""One turn as a state machine without I/O: takes events with a clock value, returns steps.

`plan` holds what is decided before the turn; `events` are the inputs; `steps` are outputs and commands; `machine`
decides. Its state has four parts: `attempts` (each announced and ended once; `outcome` says how), `retries` (the
request, and what follows a failure), `rounds` (the current response and its tool calls) and `shown` (what the reader
got). `reading`, `answer` and `output_items` collect one response; `call_ids` makes call ids unique; `retained_items`
selects what a round leaves for later requests; `waiting` schedules the `statuses` shown to a waiting person; `summary`
adds up the end. The same events at the same times give the same steps.
"""
