"""What the system decides. Pure: values in, values out; only `domain/services` waits for anything.

`turn` the machine; `faults` what can go wrong and what follows; `conversation` history <-> items; `request` one
upstream body; `catalog` models; `tools` what models may call; `breakers` when to stop asking; `usage` tokens and
money; `egress` where calls may go; `redaction` secrets; `limits` the usual ones; `recent` a bounded memory; `services`
the use cases.
"""
