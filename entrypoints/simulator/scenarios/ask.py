"""The facts about a call that its scenario gets."""

from dataclasses import dataclass, field

from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Ask:
    """One call. `model` is the slug of the model that answers; `body` is the request.

    `attempt` counts the calls of this slug from 1, `repeated` those of this slug with the same text and results.
    """

    model: str
    generation_id: str
    prompt: Prompt
    attempt: int = 1
    repeated: int = 1
    body: Json = field(default_factory=dict)
