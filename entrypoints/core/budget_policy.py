"""Turn `Settings` into what may be spent."""

from domain.egress.targets import EgressRules
from domain.request.spending import Spending
from entrypoints.core.download_policy import egress_rules_of
from entrypoints.settings import Settings
from entrypoints.settings_derived import once


@once
def spending_of(settings: Settings, namespace: str) -> Spending:
    """Return what may be spent."""
    return Spending(
        namespace,
        settings.budgets,
        settings.budget_time_zone,
        settings.user_requests_per_minute,
        settings.user_tokens_per_minute,
        settings.budget_when_store_down == "refuse",
        settings.budget_fallback_model.strip(),
        settings.spend_alert_webhook.reveal().strip(),
        EgressRules(egress_rules_of(settings).private_hosts),
    )
