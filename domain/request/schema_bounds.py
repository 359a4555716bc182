"""The schemas in a request that come from whoever asks."""

from domain.request.turn_request import TurnRequest


def foreign_schemas(request: TurnRequest) -> tuple[object, ...]:
    """Return everything in a request that holds schemas of whoever asks."""
    asked = request.parameters
    return (*asked.tools, *asked.extra_tools, asked.response_format, asked.text)
