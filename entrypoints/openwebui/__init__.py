"""The Open WebUI pipe: only what is specific to this host.

`pipe` is the class the host loads; `service` is one load of the pipe; `runtime` is the core on one event loop, with the
host's chats and rows. `host_call` parses a call of the host, `host_turn` converts it for the core; `host` detects the
host's version; `host_storage` chooses where data is stored; `tool_mode` decides who runs a turn's tools;
`history_format` reads the answers that it returns, `shown_uses` takes out of them what pages showed of server tools;
`model_list` fills the model picker; `settings_memory` reads the host's forms; `present` and `reply` render the answer
for the page and for API clients; `bundle` builds the single file.
"""
