"""What people read, in one place for every entrypoint; knows no host and no wire.

`vocabulary` how an entrypoint names its settings and itself; `faults` what happened and what to do; `statuses` the
lines shown while a turn runs; `usage` the line below an answer.
"""
