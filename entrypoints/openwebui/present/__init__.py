"""Convert the outputs of a turn to the host's formats, per kind of caller and host version.

`native` renders items for pages from 0.8 on and keeps them in `item_list`, calls by `native_calls`; `filtered` renders
chunks where filters of the host read the stream; `legacy` renders chunks for the page of 0.6; `closing` settles the
bill of an answer; `continued` repeats what the host would lose of an answer that goes on; `pace` decides when a piece
is sent, `thinking_lines` also which lines of thinking, cut by `thinking_windows`; `wishes` says what is left out,
`turn_marker` names the turn then, and `tool_lines` the tools;
`fault_text` renders cards and status lines; `frames` holds the shared events; `beside` shows what stands beside the
text (sources, files, lines), `uses` the uses of server tools; `guard` makes sure that every call gets an output;
`pieces` waits for the next piece; `emitter` sends events beside the answer; `stream` combines all of it into the
generator the host iterates. API clients: `entrypoints.openai`; sentences: `entrypoints.sentences`.
"""
