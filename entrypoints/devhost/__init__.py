"""Boots a real Open WebUI for `make run`, the end-to-end tests and the benchmarks.

`environments` builds the host's Python environment, `server` runs it (`host_settings`), `client` and `admin` speak
to it over HTTP, `chat` is an API caller, `browser` a person's tab (`turn` one answer in it, `forms` and `shown` what
it sends and keeps), `run` puts all together for a developer (`upstream` is what it talks to).
"""
