"""The provider behind a model, and the errors of it that upstream passes on."""

from dataclasses import dataclass
from typing import NoReturn

from entrypoints.simulator.answers import Refusal, from_provider


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider that serves `model`; `author` is the first part of the model's slug."""

    model: str
    name: str

    @property
    def author(self) -> str:
        """Return the model's author, whose rules apply."""
        return self.model.lstrip("~").partition("/")[0]

    @property
    def signs_thinking(self) -> bool:
        """Return whether raw thinking must be sent back with its signature."""
        return self.author == "anthropic" or self.model.startswith("sim/thinking-raw")

    @property
    def refuses_empty_text(self) -> bool:
        """Return whether an empty text block is an error."""
        return self.author == "anthropic"

    def refuse(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        error_type: str = "invalid_request",
    ) -> NoReturn:
        """Raise Refusal with an error of the provider, wrapped by upstream."""
        raise Refusal(from_provider(400, self.name, message, param=param, code=code, error_type=error_type))
