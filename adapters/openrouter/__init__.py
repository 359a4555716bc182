"""OpenRouter over HTTP: one attempt per call, its event stream, its errors, its list of models.

`client` and `catalog` implement the ports; `pool` owns the connections; the rest translates between wire and port.
"""
