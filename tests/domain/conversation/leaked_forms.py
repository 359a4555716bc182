"""Calls as servers leave them in texts, each of `look` with one text and of nothing else."""

_B, _S = "\uff5c", "\u2581"
_DEEP = {name: f"<{_B}{name.replace(' ', _S)}{_B}>" for name in ("tool calls begin", "tool calls end")}
_DEEP |= {name: f"<{_B}{name.replace(' ', _S)}{_B}>" for name in ("tool call begin", "tool call end", "tool sep")}

FORMS = {
    "Hermes, Qwen": '<tool_call>\n{"name": "look", "arguments": {"q": "a"}}\n</tool_call>',
    "without its end": '<tool_call>\n{"name": "look", "arguments": {"q": "a"}}',
    "arguments as text": '<tool_call>{"name": "look", "arguments": "{\\"q\\": \\"a\\"}"}</tool_call>',
    "as an API has it": '<tool_call>{"function": {"name": "look", "arguments": {"q": "a"}}}</tool_call>',
    "Qwen Coder": "<tool_call>\n<function=look>\n<parameter=q>\na\n</parameter>\n</function>\n</tool_call>",
    "Qwen Coder, bare": "<function=look>\n<parameter=q>\na\n</parameter>\n</function>\n</tool_call>",
    "GLM": "<tool_call>look\n<arg_key>q</arg_key>\n<arg_value>a</arg_value>\n</tool_call>",
    "GLM in a line": "<tool_call>look<arg_key>q</arg_key><arg_value>a</arg_value></tool_call>",
    "Kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.look:0<|tool_call_argument_begin|>"
    '{"q": "a"}<|tool_call_end|><|tool_calls_section_end|>',
    "DeepSeek": f"{_DEEP['tool calls begin']}{_DEEP['tool call begin']}function{_DEEP['tool sep']}look\n```json\n"
    f'{{"q": "a"}}\n```{_DEEP["tool call end"]}{_DEEP["tool calls end"]}',
    "DeepSeek 3.1": f"{_DEEP['tool calls begin']}{_DEEP['tool call begin']}look{_DEEP['tool sep']}"
    f'{{"q": "a"}}{_DEEP["tool call end"]}{_DEEP["tool calls end"]}<{_B}end{_S}of{_S}sentence{_B}>',
    "DeepSeek 3.2": f'<{_B}DSML{_B}function_calls>\n<{_B}DSML{_B}invoke name="look">\n'
    f'<{_B}DSML{_B}parameter name="q" string="true">a</{_B}DSML{_B}parameter>\n</{_B}DSML{_B}invoke>\n'
    f"</{_B}DSML{_B}function_calls>",
    "DeepSeek 4, bars doubled": f'<{_B}{_B}DSML{_B}{_B}tool_calls>\n<{_B}{_B}DSML{_B}{_B}invoke name="look">\n'
    f'<{_B}{_B}DSML{_B}{_B}parameter name="q" string="true">a</{_B}{_B}DSML{_B}{_B}parameter>\n'
    f"</{_B}{_B}DSML{_B}{_B}invoke>\n</{_B}{_B}DSML{_B}{_B}tool_calls>",
    "DeepSeek 4 in ASCII, bare": '<|DSML|invoke name="look">\n<|DSML|parameter name="q" string="true">a'
    "</|DSML|parameter>\n</|DSML|invoke>",
    "MiniMax": '<minimax:tool_call>\n<invoke name="look">\n<parameter name="q">a</parameter>\n</invoke>\n'
    "</minimax:tool_call>",
    "Claude": '<function_calls>\n<invoke name="look">\n<parameter name="q">a</parameter>\n</invoke>\n</function_calls>',
    "Claude, with a namespace": '<call:function_calls>\n<call:invoke name="look">\n<call:parameter name="q">a'
    "</call:parameter>\n</call:invoke>\n</call:function_calls>",
    "Mistral": '[TOOL_CALLS][{"name": "look", "arguments": {"q": "a"}}]',
    "Mistral, named": '[TOOL_CALLS]look[ARGS]{"q": "a"}',
    "Mistral, joined": '[TOOL_CALLS]look{"q": "a"}',
    "Llama": '<function=look>{"q": "a"}</function>',
    "Llama's interpreter": '<|python_tag|>{"name": "look", "parameters": {"q": "a"}}<|eom_id|>',
    "gpt-oss": '<|channel|>commentary to=functions.look <|constrain|>json<|message|>{"q": "a"}<|call|>',
    "gpt-oss, begun": '<|start|>assistant<|channel|>commentary to=functions.look json<|message|>{"q": "a"}<|call|>',
    "gpt-oss, named first": '<|start|>assistant to=functions.look<|channel|>analysis<|message|>{"q": "a"}<|call|>',
}
