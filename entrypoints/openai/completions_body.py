"""Parse a chat completions request leniently.

Only `model` and `messages` are required. A parameter of the wrong type counts as missing and is named, so that a
client's mistake does not fail the request. Fields of the Responses API may stand beside those of chat completions;
unknown keys are ignored. Source: OpenAI chat completions; the host's contract, `pipe()`.
"""

from collections.abc import Mapping as AnyMapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from domain.faults.facts import FaultFacts
from domain.faults.fault import Fault, FaultKind
from domain.request.coverage import REFUSED
from domain.request.drawing_options import NAMES as DRAWING
from domain.request.lost import lost
from domain.request.passed import PASSED
from domain.request.text_format import JSON_FORMATS
from domain.request.turn_request import Parameters
from entrypoints.openai.foreign_fields import FOREIGN, with_extra_fields, with_usual_names
from entrypoints.openai.json_text import parsed_fields
from entrypoints.openai.older_functions import newer_functions, older_choice

_TEXTS_OF_THEIR_OWN = frozenset(
    {"instructions", "safety_identifier", "prompt_cache_key", "stop", "model", "messages", "system", "stop_sequences"}
)
"""Fields in which a text that looks like JSON is a text."""

REQUIRED = ("model", "messages")

LARGEST = 2**53 - 1
"""The largest whole number that every JSON parser represents exactly."""


_FLAG: TypeAdapter[bool] = TypeAdapter(bool)


def flag(value: object) -> bool:
    """Parse a flag as pydantic does for the fields of a body; the text `false`, 0, null and any non-flag are False."""
    try:
        return _FLAG.validate_python(value)
    except ValidationError:
        return False


def _texts(value: object) -> list[str] | None:
    """Return a text as a list of one, or the texts of a list; None for anything else."""
    if isinstance(value, str):
        return [value]
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else None


def _rounded(value: object) -> int | None:
    """Round a number, or the text of a number, to the nearest integer; None for anything else."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return round(number) if number is not None and abs(number) <= LARGEST else None


_WHOLE_NUMBERS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "top_logprobs", "seed", "max_tool_calls")
"""Fields that forms and sliders fill with fractions, too: a limit that is not whole is still a limit."""

# Not `Annotated[..., WrapValidator(function)]`: `typing` caches such a form for the whole process, and the function
# would keep all modules of a replaced load in memory.
Number = Annotated[float, Field(allow_inf_nan=False)] | None
Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)] | None
Limit = Annotated[int, Field(ge=1, le=LARGEST)] | None
"""A limit of tokens, at least 1; some clients send -1 for no limit, which counts as missing."""

Text = str | None
Texts = list[str] | None
Flag = bool | None
Mapping = dict[str, Any] | None
Objects = list[Any] | None


class CompletionsBody(BaseModel):
    """The keys of a chat completions request that a turn uses."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: str = Field(min_length=1)
    messages: list[Any] = Field(min_length=1)
    stream: Flag = False
    stream_options: Mapping = None
    max_tokens: Limit = None
    max_completion_tokens: Limit = None
    max_output_tokens: Limit = None
    temperature: Number = None
    top_p: Number = None
    top_k: int | None = None
    frequency_penalty: Number = None
    presence_penalty: Number = None
    logprobs: Flag = None
    top_logprobs: Whole = None
    min_p: Number = None
    top_a: Number = None
    repetition_penalty: Number = None
    seed: Whole = None
    logit_bias: Mapping = None
    stop: Texts = None
    reasoning_effort: Text = None
    reasoning: Mapping = None
    include_reasoning: Flag = None
    response_format: Mapping = None
    text: Mapping = None
    verbosity: Text = None
    tools: Objects = Field(default=None, repr=False)
    extra_tools: Objects = Field(default=None, repr=False)
    web_search_options: Mapping = None
    tool_choice: str | dict[str, Any] | None = None
    function_call: str | dict[str, Any] | None = None
    parallel_tool_calls: Flag = None
    max_tool_calls: Whole = None
    provider: Mapping = Field(default=None, repr=False)
    models: Texts = None
    model_fallback: Text = None
    plugins: Objects = Field(default=None, repr=False)
    transforms: Texts = None
    modalities: Texts = None
    image_config: Mapping = None
    cache_control: Mapping = None
    server_tools: str | list[Any] | None = Field(default=None, repr=False)

    _unusable: tuple[str, ...] = PrivateAttr(default=())
    _newer: frozenset[str] | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _with_unusable(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Read JSON texts, and note the names of parameters, or of their entries, that are unusable."""
        if not isinstance(data, AnyMapping):
            return handler(data)
        parsed = with_extra_fields(parsed_fields(data, _MAY_BE_JSON))
        given = with_usual_names(parsed)
        body = handler(given)
        body._newer = newer_functions(parsed)
        optional = [name for name in _OPTIONAL if given.get(name) is not None]
        unusable = tuple(label for name in optional for label in lost(given[name], getattr(body, name), name))
        if unusable:
            body._unusable = unusable
        return body

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_none(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """Replace an optional parameter of the wrong type with None."""
        try:
            return handler(value)
        except ValidationError:
            if info.field_name in REQUIRED:
                raise
            return None

    @field_validator("stop", "models", "transforms", "modalities", mode="before")
    @classmethod
    def _as_texts(cls, value: object) -> list[str] | None:
        return _texts(value)

    @field_validator("top_k", *_WHOLE_NUMBERS, mode="before")
    @classmethod
    def _as_whole(cls, value: object) -> int | None:
        return _rounded(value)

    @property
    def wants_usage(self) -> bool:
        """Whether the stream carries usage: unless the client declines it, as upstream does too."""
        asked = (self.stream_options or {}).get("include_usage")
        return asked is None or flag(asked)

    @property
    def wants_json(self) -> bool:
        """Whether the answer is to be JSON."""
        formats = (self.response_format, (self.text or {}).get("format"))
        return any(isinstance(one, dict) and one.get("type") in JSON_FORMATS for one in formats)

    @property
    def newer_functions(self) -> frozenset[str] | None:
        """Names of functions among the tools of a client that gives `functions` too; None if it gives none."""
        return self._newer

    @property
    def wants_reasoning(self) -> bool:
        """Whether the answer shows thinking: unless the client excludes it, by the newer or the older name."""
        return self.include_reasoning is not False and not flag((self.reasoning or {}).get("exclude"))

    @property
    def wanted_logprobs(self) -> int | None:
        """How many other tokens the client wants with the probability of each; None if it wants no probabilities.

        `/responses` has one field for both wishes: 0 asks for the probabilities of the answer's own tokens.
        """
        if self.logprobs is False:
            return None
        return 0 if self.logprobs and self.top_logprobs is None else self.top_logprobs

    def parameters(self) -> Parameters:
        """Return the request's parameters, frozen."""
        extra = self.model_extra or {}
        return Parameters(
            max_output_tokens=self.max_completion_tokens or self.max_tokens or self.max_output_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            top_logprobs=self.wanted_logprobs,
            stop=tuple(self.stop or ()),
            reasoning=self._reasoning(),
            response_format=self.response_format,
            text=self.text,
            verbosity=self.verbosity,
            tools=_objects(self.tools),
            extra_tools=(*_objects(self.extra_tools), *self._search()),
            tool_choice=self.tool_choice if self.tool_choice is not None else older_choice(self.function_call),
            parallel_tool_calls=self.parallel_tool_calls,
            max_tool_calls=self.max_tool_calls,
            provider=self.provider,
            models=(*(self.models or ()), *_listed(self.model_fallback)),
            plugins=None if self.plugins is None else tuple(self.plugins),
            transforms=None if self.transforms is None else tuple(self.transforms),
            modalities=tuple(self.modalities or ()),
            image_config=self.image_config,
            cache_control=self.cache_control,
            passed={name: extra[name] for name in PASSED if name not in REFUSED and extra.get(name) is not None},
            server_tools=_entries(self.server_tools),
            chat_only=self._chat_only(),
            drawing={name: extra[name] for name in DRAWING if extra.get(name) is not None},
            ignored=(*(name for name in REFUSED if name in extra), *self._unusable),
        )

    def _reasoning(self) -> dict[str, Any]:
        named = {key: value for key, value in (self.reasoning or {}).items() if value is not None}
        if self.reasoning_effort and "effort" not in named:
            named["effort"] = self.reasoning_effort
        if isinstance(named.get("effort"), str):
            named["effort"] = named["effort"].strip().lower()
        if self.include_reasoning is False and not named:
            named["enabled"] = False
        return named

    def _search(self) -> tuple[dict[str, Any], ...]:
        """Return the search tool that `web_search_options` mean; empty options mean one too."""
        if self.web_search_options is None:
            return ()
        place = self.web_search_options.get("user_location")
        nested = place.get("approximate") if isinstance(place, dict) else None
        located = {"user_location": nested} if isinstance(nested, dict) else {}
        return ({"type": "web_search", **self.web_search_options, **located},)

    def _chat_only(self) -> dict[str, Any]:
        names = ("min_p", "top_a", "repetition_penalty", "seed", "logit_bias", "logprobs")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


_OPTIONAL = tuple(name for name in CompletionsBody.model_fields if name not in REQUIRED)
_MAY_BE_JSON = frozenset((*CompletionsBody.model_fields, *PASSED, *FOREIGN)) - _TEXTS_OF_THEIR_OWN


def _objects(values: list[Any] | None) -> tuple[dict[str, Any], ...]:
    return tuple(value for value in values or () if isinstance(value, dict))


def _entries(listed: str | list[Any] | None) -> tuple[Any, ...] | None:
    """Return the entries of a list, or of a text with commas, in which `none` stands for an empty list."""
    if listed is None or isinstance(listed, list):
        return None if listed is None else tuple(listed)
    return tuple(name for name in _listed(listed) if name.lower() != "none")


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def read_completions_body(body: object) -> CompletionsBody | Fault:
    """Parse a request body; return a Fault that names the field if `model` or `messages` is unusable."""
    try:
        return CompletionsBody.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or "body"
        kind = FaultKind.BAD_MESSAGES if field.startswith("messages") else FaultKind.BAD_REQUEST
        return Fault(kind, detail=f"{field}: {first['msg']}", status=400, facts=FaultFacts(field=field))
