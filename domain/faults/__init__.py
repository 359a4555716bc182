"""Everything that can end a turn badly: one taxonomy, classified once, with what to do about it.

`fault` the values; `causes` what exactly was wrong, where we know it; `classify` port errors -> faults; `retry` whether
another attempt is allowed. What people read of a fault is written by the entrypoints.
"""
