"""What the core needs from outside: Protocols, and the frozen values and errors they exchange.

Upstream: `responses`, `response_events`, `answer_facts`, `catalog`, `generations`, `usage`. Stored beyond a turn:
`artifacts`, `cipher`, `tool_runs`, `breaker_state`, `leases`, `ledger` with its `ledger_journal`, and `retention` for
cleaning them. The host: `toolbox`, `chats`, `model_rows`, `notices`. The process: `clock`, `ids`, `slots`, `offload`,
`telemetry`, `metrics`, `spans`. One role per file; standard library only. An adapter implements one file of this folder
and passes its contract tests.
"""
