"""The Open WebUI pipe.

`pipe` the class the host loads; `service` one load of the pipe; `runtime` the core on one event loop; `host_call`
what the host hands over; `host` which host this is; `tool_mode` who runs a turn's tools; `present` what it gets back;
`storage`, `storage_place` and `storage_lazy` what is kept, where, opened when; `revisions` the steps of the database;
`bundle` the single file.
"""
