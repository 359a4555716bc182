"""Requests and answers that a guard of upstream blocks: guardrails, the alignment plugin, Armor.

What an Armor mark holds is not specified: `MARK` is one guess of several that tests try.
"""

from entrypoints.simulator.answers import Answer, common
from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.echoes import words_of
from entrypoints.simulator.scenarios.moves import Begin, Fail, Finish, Say, Script, Told

TOOL = "delete_bridge"
MARK = f"""<openrouter_armor_blocked>
{{"name": "{TOOL}", "explanation": "[No deleting] A page asked for it."}}
</openrouter_armor_blocked>"""
BEFORE, AFTER = "I wanted to tidy up.", "I may not delete the bridge."
REJECTED = "Here is how to break the rule."
"""What the alignment plugin withheld; nobody may read it."""
_BLOCKED = {
    "injection": ("Request blocked: prompt injection patterns detected", ["ignore_instructions"]),
    "sensitive": ("Request blocked: sensitive information detected", ["email", "credit-card"]),
    "rail": ("Request blocked", ["house_rule"]),
}
RAILS = tuple(_BLOCKED)
_FLAGGED: Json = {
    "type": "dangerous_tool_use",
    "status": {
        "type": "available",
        "tool_uses": {"call_1": {"type": "evaluated", "outcome": "flagged", "explanation": "[No deleting]"}},
    },
}
_RULE: Json = {"applicable": True, "broken": True, "probability": 0.9}
_JUDGED: dict[str, Json] = {
    "alignment": {"call": 1, "outcome": "blocked", "rules": [_RULE]},
    "unchecked": {"call": 1, "outcome": "unavailable", "reason": "time_limit"},
}
ALIGNMENTS = tuple(_JUDGED)


def guardrail(name: str) -> Answer:
    """Refuse the request as a guardrail of the account does."""
    message, patterns = _BLOCKED[name]
    return common(403, message, {"error_type": "permission_denied", "patterns": patterns})


def alignment(name: str) -> Script:
    """Withhold the answer as the alignment plugin does, after its retries."""
    rejected = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": REJECTED}]}]
    result: Json = {"calls": [_JUDGED[name]], "rejected": rejected}
    failure = Fail("The response broke a rule.", error_type="unmapped", status=500, metadata={"alignment": result})
    return (Begin(), failure)


def armor(way: str) -> Script:
    """Put the mark of a withheld call into the text; `way` "only": without other words, "silent": not even the mark."""
    marked = {"": f"{BEFORE}\n\n{MARK}\n\n{AFTER}", "only": MARK, "silent": ""}[way]
    said = (Say(words_of(marked)),) if marked else ()
    return (Begin(), *said, Finish(told=Told(fields={"safeguard_results": [_FLAGGED]})))
