"""When to stop asking something that keeps failing, and when to try it again.

`policy` the numbers; `breaker` closed, open, half-open with one leased probe; `text` how a breaker is stored; `keys`
which breaker guards what. Times are whole milliseconds since 1970: breakers are shared between processes.
"""
