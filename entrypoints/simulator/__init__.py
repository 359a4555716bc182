"""A simulator of OpenRouter on loopback, for development and tests.

`server` runs it inside a process, `threads` in a thread beside synchronous code, `python -m entrypoints.simulator` as a
program. `scenarios` choose a model's behaviour by its slug, `refusals` reject what upstream would reject, `writers`
encode an answer for the wire. The simulator imports nothing of the rest of the project.
"""
