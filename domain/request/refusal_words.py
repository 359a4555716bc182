"""How providers word their refusals, as data: patterns over a `Refusal.text` (lower case, no quotation marks).

Codes count before words. Each row names who writes so. Sources: the error references of OpenAI, Anthropic, Google,
Amazon Bedrock, Azure, xAI, Mistral, DeepSeek and Moonshot; public reports of their users.
"""

import re

Rows = tuple[tuple[str, str], ...]


def _any(rows: Rows) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{words})" for _, words in rows))


_BAD = (
    r"(?:invalid|not valid|incorrect|corrupt\w*|malformed|expired|unverifiable|unrecogni[sz]ed|unreadable|mismatch\w*"
    r"|(?:does|do|did) not match|not match|not accepted|different|belongs? to|another|wrong|failed|fails|rejected"
    r"|unable|cannot|could not|couldnt|can not|not found|not recogni[sz]ed|field required|required|missing|tampered"
    r"|not supported|unsupported|not permitted|not allowed|must|should not|may not|too long|verif\w+|decod\w+"
    r"|unknown|unexpected|extra inputs|forbidden|without)"
)
_SEALED = (
    r"(?:encrypted[_ ]?(?:reasoning|content|thinking)"
    r"|reasoning[_ ]?(?:content|details?|items?|text|signature|blocks?|blobs?|parts?)"
    r"|thinking[_ ]?(?:blocks?|signature|content|parts?)|redacted[_ ]thinking"
    r"|thought[_ ]?signatures?|thoughtsignature)"
)

THINKING_CODES = frozenset(
    {
        *("invalid_encrypted_content", "encrypted_content_invalid", "invalid_reasoning_content", "invalid_signature"),
        *("invalid_thinking_signature", "thinking_signature_invalid", "invalid_thought_signature"),
        *("reasoning_item_not_found", "invalid_reasoning_item", "reasoning_content_invalid"),
    }
)
THINKING: Rows = (
    ("OpenAI, Azure", r"encrypted[_ ]content\b.{0,300}?could not be (?:verified|decrypted|parsed|validated|read)"),
    ("OpenAI", r"item (?:with id )?rs_?\S* (?:was )?not found"),
    ("OpenAI", r"(?:item )?\S+ of type reasoning was provided without its required"),
    ("OpenAI", r"was provided without its required reasoning item"),
    ("OpenAI", r"organi[sz]ation(?:_id)? did not match.{0,60}organi[sz]ation"),
    ("OpenAI, xAI", r"(?:decrypt|verify|parse|decode|validate)\w* (?:the )?(?:\w+ ){0,4}" + _SEALED),
    ("all", _SEALED + r"\b.{0,120}?\b" + _BAD),
    ("all", r"\b" + _BAD + r"\b.{0,60}?" + _SEALED),
    ("Anthropic, Bedrock", r"\bsignature\b.{0,40}?(?:in|of|for|on) (?:a |the )?thinking"),
    ("Anthropic", r"thinking\.?\w*\.signature\b.{0,40}?" + _BAD),
    ("Anthropic, Bedrock", r"invalid signature\b"),
    ("Anthropic", r"block is bound to a different conversation"),
    ("Anthropic", r"thinking or redacted_thinking blocks"),
    ("Anthropic", r"each thinking block must"),
    ("Anthropic", r"messages\.\d+\.content\.\d+\.(?:thinking|redacted_thinking)\b"),
    ("Bedrock", r"reasoning_?(?:content|text)\.?\w*\b.{0,80}?signature"),
    ("Bedrock", r"signature\b.{0,40}?reasoning_?(?:content|text)"),
    ("Google", r"(?:corrupted|invalid|bad) thought"),
    ("DeepSeek", r"reasoning_content\b.{0,60}?(?:must not|should not|cannot) be"),
    ("Mistral, vLLM", _BAD + r"\b.{0,120}?messages\b.{0,60}?(?:reasoning|thinking)\w*"),
    ("Groq, Cerebras, Mistral", r"messages\S* .{0,40}?(?:reasoning|thinking)\w*\b.{0,40}?" + _BAD),
)
"""The provider does not take thinking that was sent back: another account's, changed, or no longer readable."""

MISSING_THINKING: Rows = (
    ("Anthropic", r"expected (?:a )?thinking(?: or redacted_thinking)?\b.{0,20}?(?:but )?found"),
    ("Anthropic", r"(?:must|should) start with a thinking block"),
    ("Google", r"missing (?:a |the )?thought_?\s?signature"),
    ("Google", r"thought_?\s?signature\b.{0,30}?(?:is|are) (?:missing|required)"),
    ("Google", r"(?:no|without (?:a )?) ?thought_?\s?signature"),
    ("DeepSeek", r"reasoning_content\b.{0,60}?(?:must be passed|must be provided|needs? to be)"),
    ("Moonshot", r"reasoning_content is missing"),
    (
        "all",
        r"(?:requires?|expects) (?:\w+ ){0,3}(?:thinking|reasoning)(?:_content| content| blocks?) (?:in|for|on|with)",
    ),
)
"""The provider wants thinking with a call, and it is not there."""

ITEM_CODES = frozenset(
    {"invalid_tool_call", "tool_call_not_found", "item_not_found", "duplicate_item", "invalid_function_call"}
)
ITEMS: Rows = (
    ("OpenAI", r"no tool (?:call|output) found for"),
    ("OpenAI", r"(?:item|message) (?:with id )?(?:msg|fc|fco|ws|ig|ci|call|mcp|cmp)_?\S* (?:was )?not found"),
    ("OpenAI", r"duplicate (?:item|tool|function|call)"),
    ("OpenAI", r"expected an id that begins with"),
    (
        "OpenAI",
        r"(?:unknown|invalid|unsupported|unexpected|unrecogni[sz]ed) (?:input |item |content )*(?:item|type)s?\b",
    ),
    ("OpenAI", r"tool_call_ids? did not have response"),
    ("OpenAI", r"messages with role tool must be"),
    ("OpenAI", r"(?:tool_calls|tool calls) must be followed by"),
    (
        "OpenAI, Anthropic",
        r"(?:string (?:too long|above max)|(?:does not|should) match pattern)\b.{0,120}?(?:call_id|tool_use|tool_call)",
    ),
    ("OpenAI, Anthropic", r"(?:call_id|tool_use\.id|tool_use_id|tool_call_id|tool_calls?\S*\.id)\b"),
    ("Anthropic", r"tool_use ids? (?:were found|must be)"),
    ("Anthropic", r"unexpected tool_use_id"),
    ("Anthropic", r"(?:tool_result|tool_use) blocks?"),
    ("Google", r"function (?:call|response)s? (?:turn|parts?)\b"),
    ("Mistral", r"not the same number of function calls"),
    ("Mistral", r"unexpected (?:tool call id|role)"),
    ("Mistral, vLLM", r"roles must alternate"),
    ("Bedrock", r"tool(?:use|result)\b"),
    ("all", r"orphan\w* (?:tool|function|call|item|output)"),
)
"""The provider does not take an item of the history: its type, its id, or its partner is not there."""

_TOOLS = (
    r"(?<!parallel )(?<!\w)(?:tools?(?: use| usage|[- ]call(?:s|ing)?)?|function[- ]call(?:s|ing)?|functions)"
    r"(?![\w.\[:])"
)
_NO = r"(?:(?:is|are|was|were) |has |have |can)(?:currently )?(?:not|n?t|no|un)\s?(?:yet |currently |been |be )*"
NO_TOOLS: Rows = (
    (
        "OpenRouter, Ollama, Bedrock",
        rf"(?:not|nt|endpoints? found that) (?:currently |yet )?(?:support|accept) {_TOOLS}"
        r"(?! (?:with|of|named|whose|which|that|longer|larger|in messages)\b)",
    ),
    (
        "OpenAI, Google, Mistral",
        rf"{_TOOLS}(?: parameter)? {_NO}(?:support|enabl|available|allow|permit|accept)",
    ),
    ("vLLM", r"requires --enable-auto-tool-choice"),
)
"""The provider takes no tools at all."""

_SYSTEM = r"(?:system|developer)[_ ]?(?:role|messages?|prompts?|instructions?)"
NO_INSTRUCTIONS: Rows = (
    ("Google, Mistral, vLLM", rf"\b{_SYSTEM} (?:is |are )?(?:currently )?(?:not|un)\s?(?:support|enabl|allow|accept)"),
    (
        "Google, Groq, vLLM",
        rf"(?:not|nt) (?:currently |yet )?(?:support|accept|allow) (?:a |the |any )?(?:{_SYSTEM}|instructions)\b",
    ),
    ("OpenAI", r"\brole\b.{0,20}? does not support (?:system|developer)\b"),
    ("vLLM", r"\bonly (?:supports? )?user(?:,| and|/) ?(?:assistant|model) roles\b"),
)
"""The provider takes no system messages."""

MISPLACED_INSTRUCTIONS: Rows = (
    ("Qwen, vLLM", rf"\b{_SYSTEM} must (?:be|come|appear) (?:at the (?:beginning|start)|first)"),
    ("Anthropic, MiniMax", r"\b(?:invalid|unexpected|unknown|unsupported) (?:message )?role:? (?:system|developer)\b"),
    ("Anthropic", r"\brole (?:system|developer) (?:must|may|can) "),
    ("DeepSeek", r"\bunknown variant (?:system|developer)\b"),
    ("MiniMax", r"\binvalid chat setting\b"),
)
"""The provider takes a system message, but only one, or only at the start."""

ELSEWHERE = re.compile(
    r"\b(?:images?|pictures?|audio|video|files?|pdfs?|documents?|media|image_url|urls?|schema|response_format|api key"
    r"|credits?|model id|models? (?:is|was) not|quota|region|country|(?:your|user) location|moderation|safety"
    r"|policy|flagged|overloaded|billing)\b"
)
"""What a refusal of other parts of a request names: another form of the history would not help."""

THINKING_REFUSED = _any(THINKING)
THINKING_MISSING = _any(MISSING_THINKING)
ITEM_REFUSED = _any(ITEMS)
TOOLS_REFUSED = _any(NO_TOOLS)
INSTRUCTIONS_REFUSED = _any(NO_INSTRUCTIONS)
INSTRUCTIONS_MISPLACED = _any(MISPLACED_INSTRUCTIONS)

LENGTHS: Rows = (
    (
        "OpenRouter, DeepSeek, vLLM, SGLang",
        r"maximum context length (?:is|of) <limit> tokens\b.{0,40}?requested (?:about |a total of )?<all> tokens\W{1,3}"
        r"<prompt> (?:tokens )?(?:of text input|in the (?:messages|prompt)|in your prompt|from the input messages)\b"
        r".{0,80}?<output> (?:tokens )?(?:in the|for the) (?:output|completion)",
    ),
    (
        "OpenAI, Azure",
        r"(?:maximum context length|configured limit) (?:is|of) <limit> tokens\b.{0,80}?"
        r"(?:resulted in|requested|request has) (?:about )?<prompt> (?:input )?tokens",
    ),
    ("OpenRouter", r"prompt tokens limit exceeded: <prompt> > <limit>"),
    ("Anthropic", r"exceed context limit: <prompt> \+ <output> > <limit>"),
    ("Anthropic", r"<prompt> tokens? > <limit> maximum"),
    ("Google", r"token count \(?<prompt>\)? exceeds the maximum (?:number )?of (?:input )?tokens allowed \(?<limit>"),
    ("Google", r"token count exceeds the maximum (?:number )?of (?:input )?tokens allowed \(?<limit>"),
    ("xAI", r"maximum prompt length is <limit> but the request contains <prompt> tokens"),
    ("Mistral", r"prompt contains <prompt> tokens\b.{0,60}?model with <limit> maximum context"),
    ("Moonshot", r"token limit: <limit> \(requested: <prompt>\)"),
    ("Cerebras", r"current length is <prompt> while limit is <limit>"),
    ("Cohere", r"cannot exceed <limit>\b.{0,20}?received <prompt>"),
    ("Fireworks", r"prompt is too long: <prompt>, model maximum context length: <limit>"),
    ("vLLM", r"prompt \(length <prompt>\) is longer than the maximum model length of <limit>"),
    (
        "SGLang, llama.cpp",
        r"(?:input|request) \(<prompt> tokens\) (?:is longer than|exceeds) the .{0,30}?context (?:length|size) "
        r"\(<limit>",
    ),
    ("SiliconFlow", r"prompt_tokens \(<prompt>\) must be less than max_seq_len \(<limit>"),
    ("SiliconFlow", r"max_total_tokens \(<all>\) must be less than or equal to max_seq_len \(<limit>"),
    ("Hugging Face", r"must have less than <limit> tokens\. given: <prompt>"),
    ("Alibaba", r"exceed model limit\W{1,3}max <limit>"),
    ("Together", r"must be <= <limit>\. given: <prompt> inputs tokens and <output>"),
    ("SambaNova", r"prompt is <prompt> tokens long\b.{0,160}?maximum supported sequence length is (?:just )?<limit>"),
    ("Alibaba", r"range of input length should be \[1, <limit>\]"),
    ("Alibaba", r"input length <prompt> exceeds the maximum length <limit>"),
    ("all", r"max tokens allowed: <prompt> > <limit>"),
    ("all", r"number of tokens \(?<prompt>\)? exceeds the limit of <limit>"),
    ("Groq", r"limit <limit>, requested <prompt>"),
    (
        "all",
        r"(?:maximum|available|allowed) (?:context|input|prompt|model) (?:length|size|window|tokens)\s?(?:is|of|:)?\s?"
        r"\(?<limit>",
    ),
)
"""The numbers of a refusal for length, in tokens: what the model takes, what it was sent, what the answer may take."""
