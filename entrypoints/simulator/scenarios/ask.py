"""What a scenario may know of the call it answers."""

from dataclasses import dataclass

from entrypoints.simulator.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Ask:
    """`attempt` counts the calls of this slug from 1; `model` is the slug that answers."""

    model: str
    generation_id: str
    prompt: Prompt
    attempt: int = 1
