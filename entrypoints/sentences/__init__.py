"""What people read, in one place for every entrypoint; independent of host and wire format.

`vocabulary` names an entrypoint's settings and the entrypoint itself, in the language of the reader; `languages` finds
that language and its catalogue, such as `german`; `faults` says what happened and what to do;
`statuses` holds the lines shown during a turn, `server_tools` those about tools that upstream runs; `escaping` writes
foreign text; `usage` builds the closing line of an answer, `usage_labels` what precedes its numbers; `times` tells
spans of time and moments.
"""
