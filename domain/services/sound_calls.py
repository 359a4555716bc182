"""Send requests whose long arguments of calls were read in a thread first: on the event loop that would take long."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import TracebackType

from domain.conversation.arguments import has_long_arguments, sound_arguments
from ports.offload import Offload
from ports.response_events import UpstreamEvent
from ports.responses import ResponsesClient, UpstreamCall

Batches = AsyncIterator[Sequence[UpstreamEvent]]


class SoundCalls:
    """Implements ResponsesClient around another one; adds nothing to requests without long arguments."""

    def __init__(self, responses: ResponsesClient, offload: Offload) -> None:
        self._responses, self._offload = responses, offload

    def attempt(self, call: UpstreamCall) -> AbstractAsyncContextManager[Batches]:
        """Send the call."""
        size = sum(len(item["arguments"]) for item in call.request.body.input if has_long_arguments(item))
        return _Sound(self._responses, self._offload, call, size) if size else self._responses.attempt(call)


class _Sound(AbstractAsyncContextManager[Batches]):
    def __init__(self, responses: ResponsesClient, offload: Offload, call: UpstreamCall, size: int) -> None:
        self._responses, self._offload, self._call, self._size = responses, offload, call, size
        self._attempt: AbstractAsyncContextManager[Batches] | None = None

    async def __aenter__(self) -> Batches:
        request = self._call.request
        items = await self._offload.run(lambda: sound_arguments(request.body.input), size=self._size)
        request = replace(request, body=replace(request.body, input=items))
        self._attempt = self._responses.attempt(replace(self._call, request=request))
        return await self._attempt.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._attempt is not None:
            await self._attempt.__aexit__(kind, error, trace)
