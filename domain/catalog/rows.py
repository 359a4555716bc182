"""What the host's model rows should contain, and which of their fields may be changed.

A row states only what differs from the host's defaults: each row costs the host time in every chat (ADR 0019).

A row carries a private note of the value last written to each field. A field that no longer holds that value was
edited by a person and is never changed again. A field that was never written is only filled while it is empty.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from domain.catalog.capabilities import DECIDED, FILE_CONTEXT, capabilities, with_direct_files
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.model_rows import Assumed, ModelRow, NewRow, RowChange

NOTE = "openrouter_pipe"  # key of the note in a row's meta: {"made": true, "gone": true, "wrote": {field: mark}}
NAME, DESCRIPTION, BOXES, ICON = "name", "description", "capabilities", "profile_image_url"
TEXTS = (NAME, DESCRIPTION, ICON)
NAME_LIMIT = 300

Value = str | bool
Fields = Mapping[str, Value]
"""Values by field: the name, the description, the icon, and one field per capability switch."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What the operator wants in the rows; `public`: new rows make their model available to everybody.

    `images`: rows that exist or are needed get an icon; no row is made for it. `direct_files`: attached files go to
    models that read files, instead of the text that the host finds in them.
    """

    capabilities: bool = True
    descriptions: bool = False
    images: bool = False
    public: bool = False
    direct_files: bool = False

    @property
    def any(self) -> bool:
        """Return whether there is anything to write."""
        return self.makes_rows or self.images

    @property
    def makes_rows(self) -> bool:
        """Return whether rows are made and removed."""
        return self.capabilities or self.descriptions


@dataclass(frozen=True, slots=True)
class Target:
    """The models one function shows, by the ids of their rows. `alive`: row ids of all models upstream has.

    `built_on`: ids of models that presets are based on. `icons`: data URLs of icons by model id, as far as known.
    """

    function_id: str
    models: Mapping[str, Model]
    alive: frozenset[str]
    switches: Switches = field(default_factory=Switches)
    assumed: Assumed = field(default_factory=Assumed)
    built_on: frozenset[str] = frozenset()
    icons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Note:
    made: bool
    gone: bool
    wrote: Mapping[str, object]


def target_of(
    function_id: str,
    offered: Iterable[Model],
    catalog: Iterable[Model],
    switches: Switches,
    assumed: Assumed,
    built_on: frozenset[str] = frozenset(),
) -> Target:
    """Return the target, with each model under its row id."""
    models = {row_id(function_id, model): model for model in offered}
    alive = frozenset((*models, *(row_id(function_id, model) for model in catalog)))
    return Target(function_id, models, alive, switches, assumed, built_on)


def icon_address(model: Model, addresses: Mapping[str, str]) -> str:
    """Return the address of a model's icon, "" for none; a variant or preset has that of its model."""
    base = model.id.partition("@")[0].partition(":")[0]
    return next((addresses[name] for name in (model.id, base, model.canonical_slug) if name in addresses), "")


def row_id(function_id: str, model: Model) -> str:
    """Return the id of a function's model in the host."""
    return f"{function_id}.{model.id}"


def needed(target: Target, wanted_id: str) -> bool:
    """Return whether an offered model needs a row: to make it public, or because the host's defaults are wrong.

    Where a row costs every chat a second database connection, only making the model public is worth it, and what the
    operator asked for that only a row can say.
    """
    if not target.switches.makes_rows:
        return False
    if target.switches.public:
        return True
    wanted = _wanted(target.models[wanted_id], target).keys() - {NAME, ICON}
    return FILE_CONTEXT in wanted or (not target.assumed.setting and bool(wanted))


def removable(target: Target, row: ModelRow) -> bool:
    """Return whether a row may be deleted: created here, unedited, without access grants, and no longer needed.

    A row that presets are based on stays: without it, hosts around 0.10 let every user of a preset use the base model.
    """
    note = _note_of(row.meta)
    if (
        not target.switches.makes_rows
        or not note.made
        or row.preset
        or row.public
        or row.claimed
        or row.id not in target.models
    ):
        return False
    if row.id in target.built_on:
        return False
    others = row.meta.keys() - {NOTE, BOXES, DESCRIPTION, ICON}
    boxes = row.meta.get(BOXES)
    said = {NAME, *(boxes if isinstance(boxes, Mapping) else ()), *({DESCRIPTION, ICON} & row.meta.keys())}
    as_written = all(name in note.wrote and _mark(_standing(row, name)) == note.wrote[name] for name in said)
    return not others and as_written and not needed(target, row.id)


def new_row(target: Target, wanted_id: str) -> NewRow:
    """Return the row for an offered model that has none."""
    model = target.models[wanted_id]
    fields = _wanted(model, target)
    note = _Note(True, False, {name: _mark(value) for name, value in fields.items()})
    return NewRow(wanted_id, str(fields[NAME]), _written({}, fields, (), note), public=target.switches.public)


def follow(target: Target, row: ModelRow) -> RowChange | None:
    """Return the changes to a row; None if there are none.

    Only rows created here follow the name. If upstream no longer has the model, the row is marked, and unmarked when
    the model returns; rows that were never written to and presets are not marked.
    """
    note, gone = _note_of(row.meta), row.id not in target.alive
    if row.preset or (gone and NOTE not in row.meta):
        return None
    model = target.models.get(row.id)
    fields = {} if model is None else _wanted(model, target)
    changed = {name: value for name, value in fields.items() if _may_write(row, note, name, value)}
    withdrawn = set() if model is None else _withdrawn(model, target, row, note)
    if not changed and not withdrawn and note.gone == gone:
        return None
    wrote = {**note.wrote, **{name: _mark(value) for name, value in changed.items()}}
    wrote = {name: mark for name, mark in wrote.items() if name not in withdrawn}
    name = changed.get(NAME)
    meta = _written(row.meta, changed, withdrawn, _Note(note.made, gone, wrote))
    return RowChange(meta, None if name is None else str(name))


def _wanted(model: Model, target: Target) -> Fields:
    fields: dict[str, Value] = {NAME: _plain(model.name)[:NAME_LIMIT] or model.id}
    if target.switches.descriptions and (description := _plain(model.description)):
        fields[DESCRIPTION] = description
    if target.switches.images and (icon := target.icons.get(model.id)):
        fields[ICON] = icon
    if target.switches.capabilities:
        assumed = target.assumed.boxes
        fields |= {box: on for box, on in _boxes(model, target).items() if box in assumed and assumed[box] is not on}
    return fields


def _boxes(model: Model, target: Target) -> Mapping[str, bool]:
    boxes = capabilities(model)
    return with_direct_files(boxes, model) if target.switches.direct_files else boxes


def _withdrawn(model: Model, target: Target, row: ModelRow, note: _Note) -> set[str]:
    """Return the switches written earlier that are no longer needed; a switch the catalog does not state stays."""
    if not target.switches.capabilities:
        return set()
    known, assumed = _boxes(model, target), target.assumed.boxes
    idle = (name for name in note.wrote if name not in TEXTS)
    return {
        name
        for name in idle
        if (assumed.get(name) is known[name] if name in known else name not in DECIDED)
        and _mark(_standing(row, name)) == note.wrote[name]
    }


def _may_write(row: ModelRow, note: _Note, name: str, wanted: Value) -> bool:
    """Return whether a field differs from the wanted value and is unedited or empty."""
    if name == NAME and not note.made:
        return False
    stands = _standing(row, name)
    if stands == wanted:
        return False
    return _mark(stands) == note.wrote[name] if name in note.wrote else stands is None


def _standing(row: ModelRow, name: str) -> object:
    """Return the current value of a field, None for none; an empty text counts as none."""
    if name == NAME:
        return row.name or None
    if name in TEXTS:
        return row.meta.get(name) or None
    boxes = row.meta.get(BOXES)
    return boxes.get(name) if isinstance(boxes, Mapping) else None


def _written(meta: JsonObject, fields: Fields, withdrawn: Collection[str], note: _Note) -> JsonObject:
    """Return the meta entries to store: those that differ, and the note."""
    entries: dict[str, object] = {}
    boxes = {name: value for name, value in fields.items() if name not in TEXTS}
    if boxes or withdrawn:
        stands = meta.get(BOXES)
        kept = stands if isinstance(stands, Mapping) else {}
        entries[BOXES] = {name: value for name, value in kept.items() if name not in withdrawn} | boxes
    entries |= {name: fields[name] for name in (DESCRIPTION, ICON) if name in fields}
    marks = {"made": note.made, "gone": note.gone}
    entries[NOTE] = {**{name: True for name, is_set in marks.items() if is_set}, "wrote": dict(note.wrote)}
    return entries


def _note_of(meta: JsonObject) -> _Note:
    """Read the note; a damaged note counts as empty."""
    note = meta.get(NOTE)
    note = note if isinstance(note, Mapping) else {}
    wrote = note.get("wrote")
    return _Note(
        note.get("made") is True, note.get("gone") is True, wrote if isinstance(wrote, Mapping) else dict[str, object]()
    )


def _mark(value: object) -> object:
    """Return a value as kept in the note: texts as hashes, because every page loads the notes of all rows."""
    return sha256(value.encode("utf-8", "replace")).hexdigest()[:16] if isinstance(value, str) else value


def _plain(text: str) -> str:
    """Return a text that every database accepts: without lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()
