"""What upstream refuses before a model is asked, and in which words.

`shapes` describes types, `request`, `items`, `tools` and `chat` the schemas made of them; `history`, `chat_history`
and `limits` are the rules of the hosts behind upstream, `routing` those that leave no endpoint.
"""
