"""One turn as a state machine without I/O: events with a clock value in, steps out.

`events` what can happen · `steps` outputs and commands · `answer` what one response has said so far · `calls` the
tools of one round · `machine` the decisions. Same events and times, same steps.
"""
