"""Everything that can end a turn badly: one taxonomy, classified once, with what to do about it.

`fault` the values; `classify` port errors -> faults; `retry` whether another attempt is allowed.
"""
