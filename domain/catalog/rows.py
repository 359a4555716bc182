"""What the host's rows should say about the models on offer, and what may be changed in them.

A row carries a private note of what was last written into it, field by field. A field whose value is no longer that
one was edited by a person and is never touched again; one that was never written is only filled where it is empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from domain.catalog.capabilities import capabilities
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.model_rows import ModelRow, NewRow, RowChange

NOTE = "openrouter_pipe"  # key of the note in a row's meta: {"made": true, "gone": true, "wrote": {field: mark}}
NAME, DESCRIPTION, BOXES = "name", "description", "capabilities"
NAME_LIMIT = 300

Value = str | bool
Fields = Mapping[str, Value]
"""Values by field: the name, the description, and one field per capability box."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What the operator wants in the rows; `public`: new rows let everybody use their model."""

    capabilities: bool = True
    descriptions: bool = False
    public: bool = False

    @property
    def any(self) -> bool:
        """Tell whether there is anything to write."""
        return self.capabilities or self.descriptions


@dataclass(frozen=True, slots=True)
class Target:
    """The models one function shows, by the ids of their rows; `alive` also holds those upstream has beside them."""

    models: Mapping[str, Model]
    alive: frozenset[str]
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class _Note:
    made: bool
    gone: bool
    wrote: Mapping[str, object]


def target_of(function_id: str, offered: Iterable[Model], catalog: Iterable[Model], switches: Switches) -> Target:
    """Put the models under the ids the host gives them."""
    models = {row_id(function_id, model): model for model in offered}
    return Target(models, frozenset((*models, *(row_id(function_id, model) for model in catalog))), switches)


def row_id(function_id: str, model: Model) -> str:
    """Return the id under which the host knows a model of a function."""
    return f"{function_id}.{model.id}"


def new_row(target: Target, wanted_id: str) -> NewRow:
    """Return the row for an offered model that has none."""
    model = target.models[wanted_id]
    fields = _wanted(model, target.switches)
    note = _Note(True, False, {name: _mark(value) for name, value in fields.items()})
    return NewRow(wanted_id, str(fields[NAME]), _written({}, fields, note), public=target.switches.public)


def follow(target: Target, row: ModelRow) -> RowChange | None:
    """Return what is to change in a row, None for nothing.

    The name follows only in rows made here. A row whose model upstream no longer has is marked, and unmarked when it
    returns; rows nothing was ever written into are left alone then, and presets always.
    """
    note, gone = _note_of(row.meta), row.id not in target.alive
    if row.preset or (gone and NOTE not in row.meta):
        return None
    model = target.models.get(row.id)
    fields = {} if model is None else _wanted(model, target.switches)
    changed = {name: value for name, value in fields.items() if _may_write(row, note, name, value)}
    if not changed and note.gone == gone:
        return None
    wrote = {**note.wrote, **{name: _mark(value) for name, value in changed.items()}}
    name = changed.get(NAME)
    return RowChange(_written(row.meta, changed, _Note(note.made, gone, wrote)), None if name is None else str(name))


def _wanted(model: Model, switches: Switches) -> Fields:
    fields: dict[str, Value] = {NAME: _plain(model.name)[:NAME_LIMIT] or model.id}
    if switches.descriptions and (description := _plain(model.description)):
        fields[DESCRIPTION] = description
    if switches.capabilities:
        fields |= capabilities(model)
    return fields


def _may_write(row: ModelRow, note: _Note, name: str, wanted: Value) -> bool:
    """Tell whether a field differs from what is wanted and still holds what was written last, or nothing."""
    if name == NAME and not note.made:
        return False
    stands = _standing(row, name)
    if stands == wanted:
        return False
    return _mark(stands) == note.wrote[name] if name in note.wrote else stands is None


def _standing(row: ModelRow, name: str) -> object:
    """Return what a row says now, None for nothing; an empty text says nothing."""
    if name == NAME:
        return row.name or None
    if name == DESCRIPTION:
        return row.meta.get(DESCRIPTION) or None
    boxes = row.meta.get(BOXES)
    return boxes.get(name) if isinstance(boxes, Mapping) else None


def _written(meta: JsonObject, fields: Fields, note: _Note) -> JsonObject:
    """Return the entries of meta to store: only those that differ, and the note."""
    entries: dict[str, object] = {}
    boxes = {name: value for name, value in fields.items() if name not in (NAME, DESCRIPTION)}
    if boxes:
        stands = meta.get(BOXES)
        entries[BOXES] = {**(stands if isinstance(stands, Mapping) else {}), **boxes}
    if DESCRIPTION in fields:
        entries[DESCRIPTION] = fields[DESCRIPTION]
    marks = {"made": note.made, "gone": note.gone}
    entries[NOTE] = {**{name: True for name, is_set in marks.items() if is_set}, "wrote": dict(note.wrote)}
    return entries


def _note_of(meta: JsonObject) -> _Note:
    """Read the note; one that somebody spoiled says nothing was written."""
    note = meta.get(NOTE)
    note = note if isinstance(note, Mapping) else {}
    wrote = note.get("wrote")
    return _Note(
        note.get("made") is True, note.get("gone") is True, wrote if isinstance(wrote, Mapping) else dict[str, object]()
    )


def _mark(value: object) -> object:
    """Return what a note keeps of a value: texts by their hash, since every page loads the notes of all rows."""
    return sha256(value.encode("utf-8", "replace")).hexdigest()[:16] if isinstance(value, str) else value


def _plain(text: str) -> str:
    """Return a text every store takes: no half surrogates, no zero characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()
