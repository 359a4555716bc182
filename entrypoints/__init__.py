"""How people reach the domain.

`core` opens and wires it, whoever asks; `openai` the wire of OpenAI's clients; `sentences` what people read, whoever
shows it; `openwebui` the pipe and its bundle; `simulator` and `devhost` for people who try and test. `settings` is the
one table of settings.
"""
