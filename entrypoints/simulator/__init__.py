"""OpenRouter on loopback, faithful enough to develop and test against.

`server` runs it inside a process, `threads` beside synchronous code, `python -m entrypoints.simulator` on its own.
What a model does is chosen by its slug (`scenarios`); what upstream would refuse is refused (`refusals`);
how an answer looks on the wire is decided in `writers`. It knows nothing of the rest of the project.
"""
