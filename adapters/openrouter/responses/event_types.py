"""Every event type of `POST /responses`: which are read how, and which are left out on purpose.

Source: the official SDK, version `SDK`, stream events; a test compares this table with it. Types outside the SDK are
those of other clients' reports, see the OpenRouter API reference, all event types.
"""

from collections.abc import Iterable

from adapters.openrouter.stream.delta_types import DELTAS, WHOLES

SDK = "1.3.84"
PREFIX = "response."

RESPONSE = ("created", "in_progress", "completed", "incomplete", "failed", "done", "error")
"""Events about the whole response, without prefix."""

PARTS = ("output_item.added", "output_item.done", "output_text.annotation.added")


def _stages(kind: str, *stages: str) -> Iterable[tuple[str, tuple[str, str]]]:
    return ((f"{PREFIX}{kind}.{stage}", (kind, stage)) for stage in stages)


STAGES: dict[str, tuple[str, str]] = dict(
    (
        *_stages("web_search_call", "in_progress", "searching", "completed"),
        *_stages("image_generation_call", "in_progress", "generating", "partial_image", "completed"),
        *_stages("code_interpreter_call", "in_progress", "interpreting", "completed"),
        *_stages("fusion_call", "in_progress", "completed"),
        *_stages("fusion_call", "panel.added", "panel.delta", "panel.reasoning.delta"),
        *_stages("fusion_call", "panel.completed", "panel.failed"),
        *_stages("fusion_call", "analysis.in_progress", "analysis.completed"),
        # outside the SDK
        *_stages("fusion_call", "analysis.reasoning.delta", "synthesis.reasoning.delta"),
        *_stages("file_search_call", "in_progress", "searching", "completed"),
        *_stages("mcp_call", "in_progress", "completed", "failed"),
        *_stages("mcp_list_tools", "in_progress", "completed", "failed"),
    )
)
"""The tool and the stage that an event of a server tool reports."""

DETAILS = {
    ("fusion_call", "panel.added"): ("model",),
    ("fusion_call", "panel.completed"): ("model", "content"),
    ("fusion_call", "panel.failed"): ("model", "error", "status_code"),
    ("fusion_call", "analysis.in_progress"): ("judge_model", "analyst_model"),
    ("fusion_call", "analysis.completed"): ("analysis",),
}
"""The fields that say more than the stage."""

UNUSED: dict[str, str] = {
    "response.content_part.added": "the deltas that follow name the part",
    "response.content_part.done": "the deltas and the item carry its text",
    "response.reasoning_summary_part.added": "the deltas that follow name the part",
    "response.reasoning_summary_part.done": "the deltas and the item carry its text",
    "response.debug": "sent only if a request asks for it",
    # outside the SDK
    "response.mcp_call_arguments.delta": "the item carries the arguments",
    "response.mcp_call_arguments.done": "the item carries the arguments",
    "response.queued": "nothing has begun",
    "keep_alive": "only proves the connection",
    "response.keep_alive": "only proves the connection",
}
"""Types that are left out, and why."""

READ = frozenset({*DELTAS, *WHOLES, *STAGES, "error", *(PREFIX + name for name in (*RESPONSE, *PARTS))})
"""Types that become events."""
