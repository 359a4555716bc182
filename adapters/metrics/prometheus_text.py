"""Write metrics in Prometheus' text format, version 0.0.4."""

from collections.abc import Iterable, Iterator

from adapters.metrics.process_metrics import Family
from ports.metrics import Labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "openrouter_pipe_"


def prometheus_text(families: Iterable[Family]) -> bytes:
    """Return all families as one text."""
    lines = [line for family in families for line in _lines(family)]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _lines(family: Family) -> Iterator[str]:
    name = f"{PREFIX}{family.name}{'_total' if family.kind == 'counter' else ''}"
    yield f"# HELP {name} {_escaped(family.text)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in family.series.items():
        pairs = _pairs(family.labels, labels)
        if family.kind == "histogram":
            yield from _buckets(name, pairs, family.bounds, value)
        else:
            yield f"{name}{_braced(pairs)} {value}"


def _buckets(name: str, pairs: list[str], bounds: tuple[float, ...], counts: tuple[float, ...]) -> Iterator[str]:
    reached = 0
    for bound, count in zip((*map(repr, map(float, bounds)), "+Inf"), counts, strict=False):
        reached += int(count)
        upper = f"le={_quoted(bound)}"
        yield f"{name}_bucket{_braced([*pairs, upper])} {reached}"
    yield f"{name}_sum{_braced(pairs)} {counts[-1]}"
    yield f"{name}_count{_braced(pairs)} {reached}"


def _pairs(names: tuple[str, ...], labels: Labels) -> list[str]:
    return [f"{name}={_quoted(value)}" for name, value in zip(names, labels, strict=False)]


def _braced(pairs: list[str]) -> str:
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    escaped = _escaped(text).replace('"', '\\"')
    return f'"{escaped}"'
