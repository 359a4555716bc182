"""One turn as a state machine without I/O: events with a clock value in, steps out.

`plan` what is decided before; `events` what can happen; `steps` outputs and commands; `machine` the decisions. Its
state has four parts: `attempts` each announced and ended once, with `outcome` how it ended; `retries` what is sent and
what is tried after a failure; `rounds` the response under way and its tools; `shown` what the reader got. `reading`,
`answer` and `output_items` what one response has said so far; `call_ids` under which ids; `retained_items` what a round
leaves behind; `waiting` when people are informed meanwhile, `statuses` of what; `summary` the sums at the end. Same
events and times, same steps.
"""
