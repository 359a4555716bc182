"""Adapters over the process of Open WebUI: its tools, model rows, chats and files.

`host_tools` reads the tools of a turn; `toolbox` runs them: blocking ones in `tool_threads`, browser ones by
`direct_tools`. `tool_results` and `tool_findings` translate their results. `model_rows` and `chats` use the host's
tables. `files` are the host's files for one turn: `file_rows` says who may read them, `stored_bytes` gets them from the
storage provider, `uploads` stores new ones, `storage_account` owns those of nobody. Calls that may use the host's
database go through `host_functions` or `uncancelled`. Modules of the host are imported by name when first needed: a
missing one disables one feature, not the pipe.
"""
