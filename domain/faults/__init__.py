"""Every way a turn can fail: one list of kinds, each error classified once, with the retries it allows.

`fault` holds the values; `causes` details what we judged ourselves, `facts` what upstream said; `classify` turns port
errors into faults, with the modules that recognise one thing each (`amounts`, `daily_limit`, `none_left` ...); `retry`
decides about another attempt. Entrypoints write what people read.
"""
