"""The table of metrics: every family, and the log events that count."""

from dataclasses import dataclass

from ports.metrics import Counter, Gauge, Histogram

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 900.0)
OTHER = "other"
"""The label of a model that is not in the catalog: its name is a text from outside."""

TURNS = Counter(
    "turns", "Turns that ended, by how they ended; fault is empty without one.", ("caller", "model", "outcome", "fault")
)
TURN_SECONDS = Histogram(
    "turn_seconds", "Seconds from the first request upstream to the end of a turn.", ("caller", "model"), SECONDS
)
FIRST_OUTPUT = Histogram(
    "first_output_seconds", "Seconds until the first output of a turn was shown.", ("caller", "model"), SECONDS
)
WAITED = Histogram("wait_seconds", "Seconds that turns waited in line and were prepared.", ("caller",), SECONDS)
TOKENS = Counter(
    "tokens",
    "Tokens by kind; cached and cache_write are part of input, reasoning is part of output.",
    ("model", "kind"),
)
COST = Counter("cost_usd", "Cost in USD: billed by upstream, or estimated where no bill came.", ("model", "source"))
ATTEMPTS = Counter("attempts", "Requests to upstream by how they ended.", ("model", "endpoint", "ending"))
RETRIES = Counter("retries", "Requests to upstream that repeated or repaired an earlier one.", ("model",))
REFUSALS = Counter("refusals", "Requests that were refused before upstream was called.", ("fault",))
SUMS_LEFT_OUT = Counter(
    "sums_left_out", "Sums of a chat and a month that an answer does without: late, slow or failed.", ("reason",)
)
TOOL_CALLS = Counter("tool_calls", "Tool calls by how they ended.", ("ending",))
BREAKERS = Counter("breaker_openings", "Circuit breakers that opened: of a tool, a person or a model.", ("kind",))
DOWNLOADS = Counter("downloads", "Downloads of linked files by how they ended.", ("ending",))
LEFT_OUT = Counter("media_left_out", "Media of messages that were not sent to the model.", ("reason",))
STORE_FAILURES = Counter("store_failures", "Operations of the database that failed or were given up.", ("reason",))
LOST = Counter("lost_writes", "What should have been written and was not.", ("what",))
RECONCILED = Counter("ledger_days", "Days of the ledger that were compared with upstream's figures.", ("outcome",))
DIFFERENCES = Counter(
    "ledger_differences", "Models whose sum of a day, or records, differ from upstream's figures.", ("figures",)
)
LOGGED = Counter("log_events", "Log events of the levels warning and error.", ("level", "event"))
KEY_LIMIT = Gauge("key_limit_usd", "What OpenRouter lets the key of the server spend, in USD.", ("kind",))
KEY_REMAINING = Gauge("key_remaining_usd", "What is left of key_limit_usd.", ("kind",))
PLACES = Gauge("places", "Requests and tool calls that run or wait in the process.", ("kind", "state"))


@dataclass(frozen=True, slots=True)
class Counted:
    """A log event that counts: its values named by `labels`, words of ours, label the series; `amount` names a number.

    `fixed`: the labels where they are always the same.
    """

    counter: Counter
    labels: tuple[str, ...] = ()
    amount: str = ""
    fixed: tuple[str, ...] = ()


COUNTED = {
    "turn_refused": Counted(REFUSALS, ("fault",)),
    "tool_call": Counted(TOOL_CALLS, ("outcome",)),
    "breaker_opened": Counted(BREAKERS, ("kind",)),
    "file_downloaded": Counted(DOWNLOADS, fixed=("done",)),
    "file_not_downloaded": Counted(DOWNLOADS, ("reason",)),
    "media_left_out": Counted(LEFT_OUT, ("reason",), "number"),
    "spending_not_shown": Counted(SUMS_LEFT_OUT, ("reason",)),
    "turn_not_stored": Counted(LOST, fixed=("turn",)),
    "budget_charge_lost": Counted(LOST, fixed=("budget_charge",)),
    "ledger_reconciled": Counted(RECONCILED, ("outcome",)),
    "ledger_differs": Counted(DIFFERENCES, ("figures",)),
    "artifacts_set_aside": Counted(LOST, fixed=("artifact",)),
    "timing_line_dropped": Counted(LOST, fixed=("timing_line",)),
}
