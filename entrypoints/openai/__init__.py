"""The wire format of OpenAI's chat completions, for any entrypoint. Nothing here knows a host.

`completions_body` parses a client's request leniently, with fields whose value is a `json_text`. `foreign_fields` reads
what other APIs name differently, `foreign_formats` how they ask for JSON, `older_functions` the older form of tools.
`chunks` and `completion` render a turn for clients that stream and clients that do not, built from `frames`, in the
forms that are `wanted`; `stream` is the generator that streaming clients read; `guard` catches defects; `found_sources`
lists the pages that tools found; `errors` renders a fault as an error object.
"""
