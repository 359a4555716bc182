"""How people reach the core: the Open WebUI pipe and its bundle, the simulator, the development host.

`container` wires the core, `settings` is the one table of settings, `wire` reads foreign request bodies.
"""
