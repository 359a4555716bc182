"""The ways into the domain, one folder each.

`core` opens and wires the domain for every entrypoint; `openai` is the wire format of OpenAI clients; `sentences` holds
what people read; `openwebui` is the pipe and its bundle; `simulator` and `devhost` serve development and tests.
`settings` is the one table of settings, with rows in `settings_requests` and `settings_upstream`; `settings_tools`
reads names of server tools.
"""
