"""Realistic chat histories, drawn from a fixed seed.

Questions have 50-400 characters, answers 500-3,000: sentences of 5-16 words in paragraphs, headings, lists, tables and
quotations; one word in fifteen is bold, inline code or in quotation marks. Every fourth answer cites its sources as
footnotes and links, two in five contain a code block with quotes, tabs and backslashes. Of five exchanges two are in
plain ASCII, one has typographic quotes, dashes and emoji, one is German, one Chinese or Japanese. A system prompt comes
first. Contents are strings, as hosts and SDKs send text; there are no tool calls.
"""

from random import Random
from typing import Any

ENGLISH = (
    "the a of to and in is it for that with on as are this be by not or from when you can which one if has but all "
    "will cache request value thread worker file list function server client returns keeps reads writes changes "
    "measures first second before after because only every large small default connection message answer time order"
)
LIVELY = ENGLISH + " don’t it’s — … 🎉 ✅ ⚠️ 👇 “quoted” naïve →"
GERMAN = (
    "der die das ein und oder nicht mit für über später häufig während Größe Änderung Übergabe Puffer Währung prüfen "
    "müssen können außerdem zunächst gemäß Schicht Objekt wird sind hat nur jede Anfrage Antwort „gemessen“ heißt"
)
ASIAN = (
    "キャッシュは 最初の 要求で 作られ、 期限が 切れるまで 保持されます 設定を 変更した 後は 必ず 再起動して ください "
    "这个函数 会在 第一次 调用时 读取配置， 然后 把结果 保存在 内存中 如果 列表为空 就返回 默认值 而不是 抛出异常"
)
TONGUES = tuple(
    (tuple(words.split()), space, end)
    for words, space, end in (
        (ENGLISH, " ", ". "),
        (GERMAN, " ", ". "),
        (ENGLISH, " ", ". "),
        (ASIAN, "", "。"),
        (LIVELY, " ", "! "),
    )
)
DRESSED = ("**{}**", "`{}`", '"{}"', "*{}*", "({})")
CITED = (*DRESSED, "{} [1]", "[{}](https://docs.example/a_b?c=1&d=2)")
SHAPES = ("## {0}\n\n", "- **Note:** {0}\n- {1}\n- {2}\n\n", "1. {0}\n2. {1}\n\n", "> {0}\n\n", "{0}{1}{2}\n\n")
TABLE = "| what | why |\n| --- | --- |\n| `a` | {0} |\n| `b` | {1} |\n\n"
CODE = (
    "```python\nasync def fetch(url: str, *, retries: int = 3) -> dict[str, object]:\n"
    '    """Return the answer\'s JSON."""\n'
    "    for attempt in range(retries):\n"
    '        async with session.get(url, headers={"Accept": "application/json"}) as answer:\n'
    "            if answer.status == 200:  # found\n                return await answer.json()\n"
    '    raise RuntimeError(f"no answer from {url!r}\\n")\n```\n\n',
    '```json\n{"name": "demo", "paths": ["C:\\\\temp", "/var/tmp"], "nested": {"on": true, "text": "a\\tb"}}\n```\n\n',
    "```bash\n# all of it\nfind . -name '*.py' -print0 | xargs -0 grep -n \"error\\b\" > found.txt\n```\n\n",
    "```html\n<div class='card'>\n\t<a href='#'>up</a>\n\t<details><summary>More</summary></details>\n</div>\n```\n\n",
    '```c\n#include <stdio.h>\nfor (int i = 0; i < n; i++) {\n\tprintf("%d\\n", a[i]);\n}\n```\n\n',
)

Tongue = tuple[tuple[str, ...], str, str]


def history(messages: int) -> list[dict[str, Any]]:
    """Return `messages` chat messages, the last one from the user; the same number gives the same history."""
    draw = Random(messages)
    made = [{"role": "system", "content": "You are a careful assistant. Answer in the language of the question."}]
    for place in range(messages - 1):
        tongue = TONGUES[place // 2 % len(TONGUES)]
        asks = (messages - 2 - place) % 2 == 0
        text = _question(draw, tongue) if asks else _answer(draw, tongue)
        made.append({"role": "user" if asks else "assistant", "content": text})
    return made


def _question(draw: Random, tongue: Tongue) -> str:
    length, text = draw.randint(50, 400), ""
    while len(text) < length:
        text += _sentence(draw, tongue) if draw.random() < 0.9 else "\n\n"
    return text[:length]


def _answer(draw: Random, tongue: Tongue) -> str:
    length, text = draw.randint(500, 3000), ""
    dresses = CITED if draw.random() < 0.25 else DRESSED
    code_at = draw.randint(0, length) if draw.random() < 0.4 else length
    while len(text) < length:
        if len(text) >= code_at:
            text, code_at = text + draw.choice(CODE), length
        shape = TABLE if draw.random() < 0.05 else draw.choice(SHAPES)
        text += shape.format(*(_sentence(draw, tongue, dresses) for _ in range(3)))
    return text[:length]


def _sentence(draw: Random, tongue: Tongue, dresses: tuple[str, ...] = DRESSED) -> str:
    words, space, end = tongue
    chosen = draw.choices(words, k=draw.randint(5, 16))
    dressed = (draw.choice(dresses).format(word) if draw.random() < 1 / 15 else word for word in chosen)
    text = space.join(dressed)
    return text[:1].upper() + text[1:] + end
