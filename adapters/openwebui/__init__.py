"""What the process of Open WebUI offers to the functions that run in it: its tools, model rows and chats.

`host_tools` what tools a turn has; `toolbox` runs them, in `tool_threads` if they block, by `direct_tools` in the
page; `tool_results` and `tool_findings` what they hand back; `model_rows`, `chats` its tables. Modules of the
host are imported by name, when first needed: one that is missing costs one feature, not the load.
"""
