"""What the core needs from the world: Protocols, the frozen values and the errors that cross them.

Upstream: `responses`, `response_events`, `catalog`, `usage`. Kept beyond a turn: `artifacts`, `cipher`, `tool_runs`,
`breaker_state`, `leases`, and `retention` for cleaning them. The host: `toolbox`, `chats`, `model_rows`, `notices`. The
process: `clock`, `ids`, `slots`, `offload`, `telemetry`. One role per file; standard library only. A new adapter reads
one file here and passes one contract suite.
"""
