"""What a scenario may know of the call it answers."""

from dataclasses import dataclass
from typing import Literal

from entrypoints.simulator.prompts import Prompt

Endpoint = Literal["responses", "chat"]


@dataclass(frozen=True, slots=True)
class Ask:
    """`attempt` counts the calls of this slug from 1; `model` is the slug that answers."""

    model: str
    generation_id: str
    endpoint: Endpoint
    prompt: Prompt
    attempt: int = 1
