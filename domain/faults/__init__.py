"""Every way a turn can fail: one list of kinds, each error classified once, with the retries it allows.

`fault` holds the values; `causes` details what we judged ourselves; `classify` turns port errors into faults; `retry`
decides about another attempt. Entrypoints write what people read.
"""
