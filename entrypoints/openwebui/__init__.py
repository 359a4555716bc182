"""The Open WebUI pipe.

`pipe` the class the host loads · `service` one load of the pipe · `runtime` the core on one event loop · `host_call`
what the host hands over · `host` which host this is · `present` what it gets back · `bundle` the single file.
"""
