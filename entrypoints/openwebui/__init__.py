"""The Open WebUI pipe: only what is this host's.

`pipe` the class the host loads; `service` one load of the pipe; `runtime` the core on one event loop, with the host's
chats and rows; `host_call` what the host hands over, read once; `host_turn` what the core is asked for it; `host` which
host this is; `host_storage` where data lives beside it; `tool_mode` who runs a turn's tools; `model_list` the picker;
`settings_memory` the host's forms; `present` and `reply` what the page and API clients get back; `bundle` the single
file.
"""
