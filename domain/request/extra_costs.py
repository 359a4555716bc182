"""What upstream charges beside the tokens of the model, also for free models: its own tools, some plugins, and other
models that may answer. Source: OpenRouter API reference, server tools and plugins.
"""

from dataclasses import replace

from domain.catalog.support import FREE
from domain.request.abilities import done_by_plugins
from domain.request.plugin_shapes import FILE_PARSER
from domain.request.server_tools import tool_of
from domain.request.tool_types import TOOL_TYPES, RunBy
from domain.request.turn_request import TurnRequest
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

FREE_TOOLS = frozenset({"openrouter:datetime", "openrouter:tool_search", "openrouter:experimental__search_models"})
PAID_PDF_ENGINE = "mistral-ocr"


def costs_extra(body: ResponsesBody) -> bool:
    """Return whether a request may cost more than the tokens of its model."""
    others = any(slug != body.model and not slug.endswith(FREE) for slug in body.models)
    return others or any(map(_is_paid_tool, body.tools)) or _has_paid_plugin(body.plugins)


def without_extras(request: TurnRequest) -> TurnRequest:
    """Return the request without what the operator offers at a price, and without paid models that may answer instead.

    Tools and plugins that the caller asked for itself stay.
    """
    tools, asked = request.server_tools, request.parameters.models
    kept = tuple(one for one in tools.listed if (tool := tool_of(one)) is not None and not _is_paid_tool(tool))
    engine = "" if request.intake.pdf_engine == PAID_PDF_ENGINE else request.intake.pdf_engine
    return replace(
        request,
        server_tools=replace(tools, listed=kept),
        tooling=replace(request.tooling, searches=None),
        intake=replace(request.intake, pdf_engine=engine),
        parameters=replace(request.parameters, models=tuple(one for one in asked if one.endswith(FREE))),
    )


def _is_paid_tool(tool: JsonObject) -> bool:
    kind = str(tool.get("type"))
    return kind in TOOL_TYPES and TOOL_TYPES[kind].run_by is RunBy.UPSTREAM and kind not in FREE_TOOLS


def _has_paid_plugin(plugins: tuple[JsonObject, ...]) -> bool:
    return bool(done_by_plugins(plugins)) or any(map(_reads_pages_at_a_price, plugins))


def _reads_pages_at_a_price(plugin: JsonObject) -> bool:
    options = plugin.get("pdf")
    engine = options.get("engine") if isinstance(options, dict) else None
    return plugin.get("id") == FILE_PARSER and plugin.get("enabled") is not False and engine == PAID_PDF_ENGINE
