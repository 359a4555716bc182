"""A chat completions request as clients send it, read leniently.

Only `model` and `messages` are required. A parameter of the wrong type counts as not given: a client's slip must
not cost the answer. Unknown keys are ignored. Source: OpenAI chat completions; the host's contract, `pipe()`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, ValidatorFunctionWrapHandler
from pydantic.functional_validators import WrapValidator

from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Parameters


def _or_none(value: object, handler: ValidatorFunctionWrapHandler, _info: ValidationInfo) -> object:
    try:
        return handler(value)
    except ValidationError:
        return None


Number = Annotated[float | None, WrapValidator(_or_none), Field(allow_inf_nan=False)]
Whole = Annotated[int | None, WrapValidator(_or_none)]
Text = Annotated[str | None, WrapValidator(_or_none)]
Flag = Annotated[bool | None, WrapValidator(_or_none)]
Mapping = Annotated[dict[str, Any] | None, WrapValidator(_or_none)]
Objects = Annotated[list[Any] | None, WrapValidator(_or_none)]


class CompletionsBody(BaseModel):
    """The keys of a chat completions request that a turn can use."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str = Field(min_length=1)
    messages: list[Any] = Field(min_length=1)
    stream: Flag = False
    max_tokens: Whole = None
    max_completion_tokens: Whole = None
    temperature: Number = None
    top_p: Number = None
    top_k: Whole = None
    frequency_penalty: Number = None
    presence_penalty: Number = None
    reasoning_effort: Text = None
    reasoning: Mapping = None
    response_format: Mapping = None
    tools: Objects = None
    tool_choice: Annotated[str | dict[str, Any] | None, WrapValidator(_or_none)] = None
    parallel_tool_calls: Flag = None

    def parameters(self) -> Parameters:
        """Freeze what was asked for."""
        return Parameters(
            max_output_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            reasoning_effort=self.reasoning_effort,
            reasoning=self.reasoning,
            response_format=self.response_format,
            tools=tuple(tool for tool in self.tools or () if isinstance(tool, dict)),
            tool_choice=self.tool_choice,
            parallel_tool_calls=self.parallel_tool_calls,
        )


def read_completions_body(body: object) -> CompletionsBody | Fault:
    """Read a request body; a Fault that names the field if it cannot be used at all."""
    try:
        return CompletionsBody.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or "body"
        kind = FaultKind.BAD_MESSAGES if field.startswith("messages") else FaultKind.BAD_REQUEST
        return Fault(kind, detail=f"{field}: {first['msg']}", status=400)
