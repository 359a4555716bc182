"""Filter and paginate GET /models (openrouter_api 10)."""

from collections.abc import Mapping

from entrypoints.simulator.answers import Refusal, common
from entrypoints.simulator.payload import Json

_LARGEST_PAGE = 1000


def model_list(entries: list[Json], query: Mapping[str, str], path: str) -> Json:
    """Return the entries that match a query; without `output_modalities` only models that output text."""
    found = [entry for entry in entries if _wanted(entry, query)]
    if "offset" not in query and "limit" not in query:
        return {"data": found, "total_count": len(found), "links": {"next": None}}
    offset, limit = _number(query, "offset", 0), min(_number(query, "limit", _LARGEST_PAGE), _LARGEST_PAGE)
    after = offset + limit
    following = f"{path}?offset={after}&limit={limit}" if after < len(found) else None
    return {"data": found[offset:after], "total_count": len(found), "links": {"next": following}}


def _wanted(entry: Json, query: Mapping[str, str]) -> bool:
    architecture = entry["architecture"]
    outputs = query.get("output_modalities", "text")
    if outputs != "all" and not set(outputs.split(",")) & set(architecture["output_modalities"]):
        return False
    inputs = query.get("input_modalities")
    if inputs and not set(inputs.split(",")) <= set(architecture["input_modalities"]):
        return False
    parameters = query.get("supported_parameters")
    if parameters and not set(parameters.split(",")) <= set(entry["supported_parameters"]):
        return False
    sought = query.get("q", "").lower()
    return sought in entry["id"].lower() or sought in entry["name"].lower()


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(common(400, f"{name} must be a whole number"))
    return int(text)
