"""The wire of OpenAI's chat completions, for any entrypoint; knows no host.

`completions_body` what clients send, read leniently and frozen at once; `chunks` and `completion` what they get back,
made of `frames`; `stream` the generator they read; `guard` keeps defects inside; `errors` a fault as their error
object.
"""
