"""What may be spent, as one turn finds it."""

from dataclasses import dataclass, field

from domain.egress.targets import EgressRules


@dataclass(frozen=True, slots=True)
class Spending:
    """What may be spent: the text of the operator's budgets, and how many requests and tokens a minute per person.

    `namespace` selects the counters; if it is empty, nothing is limited. `zone` names the time zone of days and months.
    `refuses_blindly`: turns are refused while the counters cannot be reached. `fallback_model` answers in place of a
    model whose budget is spent. `webhook`: the URL that alerts are posted to, within `webhook_rules`.
    """

    namespace: str = ""
    budgets: str = field(default="", repr=False)
    zone: str = "UTC"
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    refuses_blindly: bool = False
    fallback_model: str = ""
    webhook: str = field(default="", repr=False)
    webhook_rules: EgressRules = field(default_factory=EgressRules)
