"""Read one entry of the list of models."""

from adapters.openrouter.fields import amount, count, count_or_none, mapping, text, texts
from ports.catalog import Model
from ports.json_values import JsonObject

ID_LIMIT = 300


def read_model(entry: JsonObject) -> Model | None:
    """Return the model of `entry`; None when it has no id, or tells its outputs and text is not among them.

    Prices that are negative ("-1" stands for variable) or unreadable are unknown. The smaller of the two context
    lengths counts. Source: OpenRouter API reference, models.
    """
    slug = text(entry.get("id")).strip()
    outputs = frozenset(texts(_architecture(entry, "output_modalities"))) or _outputs_by_arrow(entry)
    if not slug or len(slug) > ID_LIMIT or (outputs and "text" not in outputs):
        return None
    provider, pricing = mapping(entry.get("top_provider")), mapping(entry.get("pricing"))
    reasoning = mapping(entry.get("reasoning"))
    efforts = reasoning.get("supported_efforts")
    return Model(
        id=slug,
        name=text(entry.get("name")).strip() or slug,
        created=count(entry.get("created")),
        context_length=_smaller(
            count_or_none(entry.get("context_length")), count_or_none(provider.get("context_length"))
        ),
        max_completion_tokens=count_or_none(provider.get("max_completion_tokens")),
        prompt_price=amount(pricing.get("prompt")),
        completion_price=amount(pricing.get("completion")),
        input_modalities=frozenset(texts(_architecture(entry, "input_modalities"))),
        output_modalities=outputs,
        supported_parameters=frozenset(texts(entry.get("supported_parameters"))),
        reasoning_mandatory=reasoning.get("mandatory") is True,
        reasoning_efforts=texts(efforts) if isinstance(efforts, list) else None,
    )


def _architecture(entry: JsonObject, key: str) -> object:
    return mapping(entry.get("architecture")).get(key)


def _outputs_by_arrow(entry: JsonObject) -> frozenset[str]:
    """Read "text+image->text" where the list of outputs is missing."""
    _, arrow, outputs = text(_architecture(entry, "modality")).partition("->")
    return frozenset(filter(None, outputs.split("+"))) if arrow else frozenset()


def _smaller(first: int | None, second: int | None) -> int | None:
    known = [length for length in (first, second) if length is not None]
    return min(known, default=None)
