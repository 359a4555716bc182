"""OpenRouter over HTTP: one attempt per call, its event stream, its errors, its list of models.

`client` and `catalog` implement the ports; `pool` owns the connections; the rest translates between wire and port.
The modules `chat_...` and `outlet` speak chat completions; everything else is of `POST /responses` or of both.
"""
