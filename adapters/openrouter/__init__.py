"""OpenRouter over HTTP: requests, event streams, errors and the model list; one attempt per call.

`client`, `generations` and `catalog.listing` implement the ports; `answers` opens an answer by its type. Below them,
each folder imports only folders further right: `catalog`, `responses` and `chat` (an endpoint each) > `stream` (the one
loop) > `transport` (HTTP) > `errors` > `wire` (JSON).
"""
