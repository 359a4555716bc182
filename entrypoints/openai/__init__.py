"""The wire format of OpenAI's chat completions, for any entrypoint. Nothing here knows a host.

`completions_body` parses a client's request leniently, with fields whose value is a `json_text`; `chunks` and
`completion` render a turn for clients that stream and clients that do not, built from `frames`; `stream` is the
generator that streaming clients read; `guard` catches defects; `found_sources` lists the pages that tools found;
`errors` renders a fault as an error object.
"""
