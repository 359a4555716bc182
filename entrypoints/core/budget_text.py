"""Read budgets from the text of the setting BUDGETS: YAML, or JSON, which is YAML too.

A rule with a mistake is left out and reported with its line and field; the others stay in effect. Messages contain no
value of the text: it may hold e-mail addresses.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from domain.budgets.amounts import MOST, whole
from domain.budgets.rule import Period, Rule, Scope
from entrypoints.core.budget_yaml import Entry, Unreadable, entries_of
from entrypoints.settings_rows import SettingProblem
from ports.budgets import Unit

LONGEST, MOST_RULES = 65_536, 200
IN_A_THREAD = 1 << 30
"""The size by which the offload decides: reading is slow for its length."""
NAME = "BUDGETS"
FIELDS = ("name", "who", "models", "period", "unit", "hard", "soft")
LISTS = frozenset({"models"})
_NAMED = re.compile(r"[\w][\w .,:@/%+()-]{0,59}")
_WHO = re.compile(r"(user|group|members|key)\s*:\s*(\S.*)", re.IGNORECASE)
_PERIODS = {period.value: period for period in Period if period is not Period.MINUTE}


@dataclass(frozen=True, slots=True)
class BudgetText:
    """The rules of a text; `broken`: it could not be read at all."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[SettingProblem, ...] = ()
    broken: bool = False


class _Mistake(Exception):
    """A rule cannot be used; `remark` completes the name of the field."""

    def __init__(self, key: str, remark: str, line: int = 0) -> None:
        super().__init__(remark)
        self.key, self.remark, self.line = key, remark, line


def read_budgets(text: str, name: str = NAME) -> BudgetText:
    """Return the rules of a text and what is wrong with it; never raises. Call it in a thread."""
    if len(text) > LONGEST:
        return _broken(name, 1, f"is longer than {LONGEST} characters")
    try:
        entries = list(entries_of(text, LISTS))
    except ImportError:
        return _broken(name, 1, "cannot be read: the Python package PyYAML is missing")
    except Unreadable as error:
        return _broken(name, error.line, error.remark)
    rules: list[tuple[int, Rule]] = []
    problems: list[SettingProblem] = []
    for entry in entries[:MOST_RULES]:
        try:
            rules.append(
                (entry.line, _rule_of(entry, lambda line, key, why: problems.append(_at(name, line, key, why))))
            )
        except _Mistake as mistake:
            line = mistake.line or entry.lines.get(mistake.key, entry.line)
            problems.append(_at(name, line, mistake.key, f"{mistake.remark}; this budget is not used"))
    if len(entries) > MOST_RULES:
        problems.append(_at(name, entries[MOST_RULES].line, "", f"only the first {MOST_RULES} budgets are used"))
    problems += _overlapping(name, rules)
    return BudgetText(tuple(rule for _, rule in rules), tuple(problems))


def _rule_of(entry: Entry, report: Callable[[int, str, str], None]) -> Rule:
    if entry.mistake is not None:
        line, key, remark = entry.mistake
        raise _Mistake(key, remark, line)
    for key in entry.values:
        if key not in FIELDS:
            raise _Mistake(key, f"is not a field of a budget, which are {', '.join(FIELDS)}")
    scope, who = _who(entry.values.get("who", ""))
    period = _PERIODS.get(entry.values.get("period", "").lower())
    if period is None:
        raise _Mistake("period", "is not day, week or month")
    unit = _unit(entry.values.get("unit", "usd"))
    hard, soft = _amount(entry, "hard", unit), _amount(entry, "soft", unit)
    if hard is None and soft is None:
        raise _Mistake("hard", "is missing, and so is soft")
    if hard is not None and soft is not None and soft > hard:
        report(entry.lines["soft"], "soft", "is above the hard limit; nobody is warned")
        soft = None
    models = ",".join(part.strip() for part in entry.values.get("models", "").split(",") if part.strip())
    title = entry.values.get("name", "")
    if title and not _NAMED.fullmatch(title):
        report(entry.lines["name"], "name", "has more than 60 characters or unusual signs; a name is made up")
        title = ""
    return Rule(title or _title(scope, who, period), scope, period, unit, who, models, hard, soft)


def _who(text: str) -> tuple[Scope, str]:
    if text.lower() in (Scope.ALL.value, Scope.EACH.value):
        return Scope(text.lower()), ""
    match = _WHO.fullmatch(text)
    if match is None:
        raise _Mistake("who", "is not all, each, user:ID, group:NAME, members:NAME or key:ID")
    return Scope(match[1].lower()), match[2].strip()


def _unit(text: str) -> Unit:
    try:
        return Unit(text.lower())
    except ValueError:
        raise _Mistake("unit", "is not usd, tokens or requests") from None


def _amount(entry: Entry, key: str, unit: Unit) -> int | None:
    text = entry.values.get(key)
    if text is None:
        return None
    try:
        number = Decimal(text.replace("_", ""))
    except InvalidOperation:
        raise _Mistake(key, "is not a number") from None
    if not number.is_finite() or number.adjusted() > 30:
        raise _Mistake(key, "is not a usable number")
    if number < 0:
        raise _Mistake(key, "is negative")
    if unit is not Unit.USD and number != number.to_integral_value():
        raise _Mistake(key, f"is not a whole number of {unit.value}")
    return min(MOST, whole(number) if unit is Unit.USD else int(number))


def _title(scope: Scope, who: str, period: Period) -> str:
    whose = {
        Scope.ALL: "of everybody",
        Scope.EACH: "of each person",
        Scope.USER: "of one person",
        Scope.KEY: "of one key",
    }.get(scope)
    named = re.sub(r"[^\w .-]", " ", who)[:40].strip()
    return f"{whose or f'of the group {named}'} per {period.value}"


def _overlapping(name: str, rules: list[tuple[int, Rule]]) -> Iterator[SettingProblem]:
    """Report budgets that count the same: of two hard limits the lower one is in effect."""
    seen: dict[tuple[object, ...], int] = {}
    for line, rule in rules:
        key = (rule.scope, rule.who, rule.models, rule.period, rule.unit, rule.hard is None)
        if key in seen and rule.hard is not None:
            yield _at(
                name, line, "", f"counts the same as the budget in line {seen[key]}; the lower limit is in effect"
            )
        seen.setdefault(key, line)


def _at(name: str, line: int, key: str, remark: str) -> SettingProblem:
    where = f"line {line}" + (f", {key[:40]}" if key else "")
    return SettingProblem(name, where, "", f"{name}: {where}: {remark}.")


def _broken(name: str, line: int, remark: str) -> BudgetText:
    text = f"{name}: line {line}: {remark}; the budgets that were read before stay in effect."
    return BudgetText((), (SettingProblem(name, f"line {line}", "", text),), broken=True)
