"""Run a real Open WebUI for `make run`, the end-to-end tests and the benchmarks.

`environments` builds the host's Python environment; `server` starts the host with the variables of `host_settings`,
with several workers if wanted: `workers` reaches one of them, `worker_processes` knows them by their processes.
`client` and `admin` call it over HTTP, `chat` as an API client. `browser` acts as a person's tab: `turn` is one answer
in it, `forms` builds its requests, `shown` holds what the page shows. `run` does all of this for a developer, with
OpenRouter or the simulator as `upstream`.
"""
