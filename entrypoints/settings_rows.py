"""The rows of the settings table, and two of their values: secrets, and problems with stored values."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from types import UnionType
from typing import Literal, TypeVar, get_args, get_origin, get_type_hints

Kind = Literal["bool", "int", "float", "str", "secret", "choice"]
T = TypeVar("T")

EMAIL = r"[\w.+-]{1,64}@[\w.-]{1,250}"
"""An address that stands on cards as it is: no sign of Markdown or HTML."""
WEB = rf"https?://[\w.-]{{1,250}}(?::\d{{1,5}})?(?:[/?#][\w./?#=&%+,:;@~-]{{0,1500}})?|mailto:{EMAIL}"

_RULE = "rule"
_SHOWN = 4  # characters of a secret that its mask shows
_LONG_ENOUGH = 16  # the mask of a shorter secret shows no character


class Secret:
    """A secret text. `str`, `repr` and formatting return a mask; only `reveal()` returns the text.

    `unreadable`: a value is stored but cannot be decrypted. It counts as empty, and no other value may replace it.
    """

    __slots__ = ("_value", "unreadable")

    def __init__(self, value: str = "", *, unreadable: bool = False) -> None:
        self._value, self.unreadable = value, unreadable

    def reveal(self) -> str:
        """Return the clear text; call it only where the value is used."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (other._value, other.unreadable) == (self._value, self.unreadable)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __str__(self) -> str:
        if not self._value:
            return ""
        return "\u2026" + self._value[-_SHOWN:] if len(self._value) >= _LONG_ENOUGH else "\u2026"

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never pickled")

    def __deepcopy__(self, _memo: object) -> "Secret":
        return self


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """A stored value that is not used as it is: the value (masked), the one used instead, and a sentence for people.

    `mended`: the value used is what was meant, so nobody has to act.
    """

    name: str
    given: str
    used: str
    text: str
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Mend:
    """Takes what was meant out of a text. `remark`, or what it returns, completes "the value ..." if that differs.

    `harmless`: nobody has to act, because all that was meant is used.
    """

    apply: Callable[[str], str]
    remark: str | Callable[[str], str]
    harmless: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """The attributes of a row besides its name, type and default; see `setting`."""

    text: str
    low: float | None
    high: float | None
    env: str
    pattern: str
    user: bool
    advanced: bool
    strictest_first: tuple[object, ...] = ()
    mend: Mend | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: `name` in upper case as people write it, `choices` only for kind `choice`."""

    name: str
    attribute: str
    kind: Kind
    nullable: bool
    default: object
    choices: tuple[str, ...]
    rule: Rule


def setting(
    default: T,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    env: str = "",
    pattern: str = "",
    user: bool = False,
    advanced: bool = False,
    strictest_first: tuple[object, ...] = (),
    mend: Mend | None = None,
    personal: bool = False,
) -> T:
    """Write one row of the table.

    `text` explains the setting to an administrator. Numbers outside `low`..`high` are clamped. A text must fully match
    `pattern`. `env` is the environment variable to read when no value is stored. `user`: every person may override the
    setting. `advanced`: the setting is a line of the ADVANCED box, not a field of the form. `strictest_first`: the
    values of a setting about privacy in this order; a person may choose a stricter one than the administrator's, no
    other. `mend`: what a pasted text may have around what was meant is removed. `personal`: only people have a value,
    each their own, and the administrator has none.
    """
    return field(
        default=default,
        metadata={_RULE: Rule(text, low, high, env, pattern, user, advanced, strictest_first, mend, personal)},
    )


def read_table(table: type) -> tuple[Setting, ...]:
    """List the rows of a dataclass whose fields were written with `setting`."""
    hints = get_type_hints(table)
    rows = []
    for row in fields(table):
        kind, nullable, choices = _kind(hints[row.name])
        rule: Rule = row.metadata[_RULE]
        rows.append(Setting(row.name.upper(), row.name, kind, nullable, row.default, choices, rule))
    return tuple(rows)


_KINDS: dict[object, Kind] = {bool: "bool", int: "int", float: "float", str: "str", Secret: "secret"}


def _kind(hint: object) -> tuple[Kind, bool, tuple[str, ...]]:
    nullable = isinstance(hint, UnionType)
    if nullable:
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is Literal:
        return "choice", nullable, get_args(hint)
    return _KINDS[hint], nullable, ()
