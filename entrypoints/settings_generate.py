"""Write what follows from the settings table: the literal forms in the function's shell, and the reference."""

import argparse
import sys
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path

from entrypoints.settings import ADVANCED, ADVANCED_TEXT, SETTINGS
from entrypoints.settings_rows import Setting

ROOT = Path(__file__).resolve().parent.parent
SHELL = Path("entrypoints/openwebui/pipe.py")
REFERENCE = Path("docs/settings.md")

_BEGIN = "        # <generated {} from entrypoints/settings.py>\n"
_END = "        # </generated {}>\n"
_WIDTH: int = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["line-length"]
_TYPES = {"bool": "bool", "int": "int", "float": "float", "str": "str", "secret": "str"}


def form_rows() -> tuple[Setting, ...]:
    """List the settings that have a field of their own in the administrator's form."""
    return tuple(row for row in SETTINGS if not row.rule.advanced)


def valves_fields() -> str:
    """Return the source lines of the administrator's form, ready to stand in its class."""
    fields = [_field(row.name, *_admin_type(row), row.rule.text, secret=row.kind == "secret") for row in form_rows()]
    return "".join([*fields, _field(ADVANCED, "str", '""', ADVANCED_TEXT, hidden=True)])


def user_valves_fields() -> str:
    """Return the source lines of each person's form: every field starts as `inherit` or empty."""
    return "".join(_field(row.name, *_user_type(row), row.rule.text) for row in SETTINGS if row.rule.user)


def shell_text(text: str) -> str:
    """Return the shell's source with both generated parts brought up to date."""
    for name, body in (("Valves", valves_fields()), ("UserValves", user_valves_fields())):
        before, begin, rest = text.partition(_BEGIN.format(name))
        _, end, after = rest.partition(_END.format(name))
        if not begin or not end:
            raise ValueError(f"{SHELL} lacks the markers of {name}")
        text = before + begin + body + end + after
    return text


def reference_text() -> str:
    """Return the configuration reference in Markdown."""
    form = "".join(_line(row) for row in form_rows())
    advanced = "".join(_line(row) for row in SETTINGS if row.rule.advanced)
    head = "| Name | Type | Default | Range | Meaning |\n| --- | --- | --- | --- | --- |\n"
    return (
        "# Settings\n\n"
        "Made by `python -m entrypoints.settings_generate --write` from the table in `entrypoints/settings.py`.\n\n"
        "A value that cannot be used is replaced as its row says and named in the log; numbers out of range are\n"
        "moved to the nearest limit. An empty field means: the environment variable if one is named, else the\n"
        "default. **(user)** marks what every person may set for themselves; `inherit` there means: as the\n"
        "administrator says.\n\n"
        f"## Fields of the form\n\n{head}{form}\n"
        f"## Lines of the `{ADVANCED}` field\n\n{ADVANCED_TEXT}\n\n{head}{advanced}"
    )


def run(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the generated texts, or with `--check` name those that are out of date; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.settings_generate", description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="compare only; status 1 if something is out of date")
    mode.add_argument("--write", action="store_true", help="bring the texts up to date")
    check = parser.parse_args(arguments).check
    wanted = {SHELL: shell_text((root / SHELL).read_text("utf-8")), REFERENCE: reference_text()}
    stale = [path for path, text in wanted.items() if not _holds(root / path, text)]
    for path in stale:
        if not check:
            (root / path).write_text(wanted[path], "utf-8")
        sys.stdout.write(f"{path}: {'out of date, run with --write' if check else 'written'}\n")
    return 1 if check and stale else 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def _admin_type(row: Setting) -> tuple[str, str]:
    """Return annotation and default; a row with an environment name starts empty, so that the name can speak."""
    empty = row.kind == "secret" or bool(row.rule.env)
    if row.kind == "choice":
        return _literal(("", *row.choices) if empty else row.choices), '""' if empty else _quoted(row.default)
    annotation = _TYPES[row.kind] + (" | None" if row.nullable else "")
    return annotation, '""' if empty else _quoted(row.default)


def _user_type(row: Setting) -> tuple[str, str]:
    if row.kind in {"choice", "bool"}:
        choices = row.choices or ("true", "false")
        return _literal(("inherit", *choices)), '"inherit"'
    return "str", '""'


def _literal(choices: Sequence[str]) -> str:
    return f"Literal[{', '.join(map(_quoted, choices))}]"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _field(name: str, annotation: str, default: str, text: str, *, secret: bool = False, hidden: bool = False) -> str:
    """Return one field as the formatter would leave it; `hidden` ones do not show in a repr."""
    lines = [f"{name}: {annotation} = Field(", f"    default={default},"]
    if secret or hidden:
        lines.append("    repr=False,")
    if secret:
        lines.append("    json_schema_extra=PASSWORD,")
    lines += [*_description(text), ")"]
    return textwrap.indent("\n".join(lines) + "\n", " " * 8)


def _description(text: str) -> list[str]:
    if '"' in text or "\\" in text:
        raise ValueError(f"a setting's text holds a quote or a backslash: {text}")
    one_line = f'    description="{text}",'
    if len(one_line) + 8 <= _WIDTH:
        return [one_line]
    parts = textwrap.wrap(text, _WIDTH - 8 - 8 - 3, break_on_hyphens=False)
    quoted = [f'        "{part} "' for part in parts[:-1]] + [f'        "{parts[-1]}"']
    return ["    description=(", *quoted, "    ),"]


def _line(row: Setting) -> str:
    kind = " \\| ".join(row.choices) if row.kind == "choice" else row.kind
    default = "empty" if row.default in (None, "") or row.kind == "secret" else f"`{row.default}`"
    if isinstance(row.default, bool):
        default = f"`{str(row.default).lower()}`"
    name = f"`{row.name}`" + (" **(user)**" if row.rule.user else "")
    return f"| {name} | {kind} | {default} | {_range(row)} | {row.rule.text} |\n"


def _range(row: Setting) -> str:
    low, high = row.rule.low, row.rule.high
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:g}"
    return f"{low or 0:g} – {high:.0f}"


if __name__ == "__main__":
    raise SystemExit(run())
