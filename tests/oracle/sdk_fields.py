"""Every field and word of the official SDK's request model, by its path, read from the model itself."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from openrouter.components import ProviderOptions, ResponsesRequest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

ELSEWHERE = ("input", "tools", "tool_choice")
"""Fields whose content other tables cover."""
SDK_ONLY = frozenset({"raw", "is_unknown"})
"""Fields of the models with which the SDK itself marks what it does not know."""
TAGS = ("type", "id")


def sdk_fields(model: type[BaseModel] = ResponsesRequest) -> dict[str, frozenset[str]]:
    """Return every path below the request -> the words it may hold; empty if it holds no fixed words."""
    found: dict[str, set[str]] = {}
    for path, words in _fields(model, ""):
        found.setdefault(path, set()).update(words)
    return {path: frozenset(words) for path, words in found.items()}


def _fields(model: type[BaseModel], path: str) -> Iterator[tuple[str, frozenset[str]]]:
    if model is ProviderOptions:  # one field per provider, each an object that upstream does not read
        return
    for name, field in model.model_fields.items():
        below = f"{path}.{field.alias or name}".removeprefix(".")
        kinds = list(_kinds(field.annotation))
        yield below, frozenset(word for kind in kinds for word in _words(kind))
        if below in ELSEWHERE:
            continue
        for kind in kinds:
            if _is_model(kind):
                tag = _tag(kind) if len([one for one in kinds if _is_model(one)]) > 1 else ""
                yield from _fields(kind, f"{below}.{tag}" if tag else below)


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation may hold: models, literals and plain types, however they are wrapped."""
    if isinstance(annotation, TypeAliasType):
        yield from _kinds(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType, list, dict) or isinstance(get_origin(annotation), TypeAliasType):
        for part in get_args(annotation):
            yield from _kinds(part)
    elif not (_is_model(annotation) and SDK_ONLY & annotation.model_fields.keys()):
        yield annotation


def _words(kind: Any) -> tuple[str, ...]:
    return tuple(word for word in get_args(kind) if isinstance(word, str)) if get_origin(kind) is Literal else ()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _tag(model: type[BaseModel]) -> str:
    """Return the word by which a model is told from its alternatives; empty if there is none."""
    for name in TAGS:
        field = model.model_fields.get(name)
        for kind in _kinds(field.annotation) if field is not None else ():
            if len(words := _words(kind)) == 1:
                return words[0]
    return ""
