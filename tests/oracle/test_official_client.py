"""The official client of OpenAI reads what clients get."""

from openai.types.chat import ChatCompletion

from domain.turn.server_tools import Progress, ServerToolReport, Source
from domain.turn.steps import ShowCitation, ShowLogprobs, ShowServerTool, ShowText
from entrypoints.openai.completion import Collected, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.openai.wanted import Wanted
from tests.entrypoints.openwebui.told import ended


def test_it_reads_an_answer_with_sources() -> None:
    found = ServerToolReport("web_search", Progress.COMPLETED, sources=(Source("https://y.test"),))
    collected = Collected()
    for output in (
        ShowText(0, "see"),
        ShowCitation("https://x.test", "X", place=(0, 3)),
        ShowServerTool(1, found),
        ended(),
    ):
        collected.add(output)
    reply = completion(ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000), collected)

    (choice,) = ChatCompletion.model_validate(reply).choices
    assert [one.url_citation.url for one in choice.message.annotations or ()] == ["https://x.test", "https://y.test"]


def test_it_reads_the_probabilities_of_tokens() -> None:
    collected = Collected()
    entry = {"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}
    for output in (ShowText(0, "a"), ShowLogprobs(0, (entry,)), ended()):
        collected.add(output)
    reply = completion(ChunkHead("chatcmpl-1", "a/b", 1_700_000_000), collected, wanted=Wanted(logprobs=True))

    (choice,) = ChatCompletion.model_validate(reply).choices
    assert choice.logprobs is not None
    assert [one.logprob for one in choice.logprobs.content or ()] == [-0.5]
