"""Who refuses: the host behind a model, quoted by upstream."""

from dataclasses import dataclass
from typing import NoReturn

from entrypoints.simulator.answers import Refusal, from_provider


@dataclass(frozen=True, slots=True)
class Host:
    """The host that serves `model`; `author` is the first part of its slug."""

    model: str
    provider: str

    @property
    def author(self) -> str:
        """Name whose rules apply."""
        return self.model.lstrip("~").partition("/")[0]

    @property
    def signs_thinking(self) -> bool:
        """Tell whether raw thinking must come back with its signature."""
        return self.author == "anthropic" or self.model.startswith("sim/thinking-raw")

    @property
    def refuses_empty_text(self) -> bool:
        """Tell whether an empty text block is an error."""
        return self.author == "anthropic"

    def refuse(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        error_type: str = "invalid_request",
    ) -> NoReturn:
        """Refuse with the host's words."""
        raise Refusal(from_provider(400, self.provider, message, param=param, code=code, error_type=error_type))
