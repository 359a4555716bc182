"""Circuit breakers: when to stop calling something that keeps failing, and when to try again.

`policy` holds the numbers; `breaker` holds the states closed, open and half-open, with one leased probe; `text` stores
a breaker as text; `keys` names breakers. Times of a breaker are whole milliseconds since 1970, because processes share
breakers.
"""
