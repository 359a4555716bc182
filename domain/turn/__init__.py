"""One turn as a state machine without I/O: events with a clock value in, steps out.

`plan` what is decided before; `events` what can happen; `steps` outputs and commands; `reading` and `answer` what
one response has said so far; `call_ids` under which ids; `keeping` what a round leaves behind; `bill` what the
attempts cost; `waiting` what people read meanwhile; `machine` the decisions. Same events and times, same steps.
"""
