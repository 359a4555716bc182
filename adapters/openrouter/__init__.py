"""OpenRouter over HTTP: one attempt per call, its event stream, its errors, its list of models.

`client` and `catalog.listing` implement the ports; `answers` opens an answer by what it is. Below them, each folder
imports only what stands further right: `catalog`, `responses` and `chat` (an endpoint each) > `stream` (the one loop)
> `transport` (HTTP) > `errors` > `wire` (JSON).
"""
