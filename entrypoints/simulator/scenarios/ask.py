"""The facts about a call that its scenario gets."""

from dataclasses import dataclass

from entrypoints.simulator.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Ask:
    """One call. `attempt` counts the calls of this slug from 1; `model` is the slug of the model that answers."""

    model: str
    generation_id: str
    prompt: Prompt
    attempt: int = 1
