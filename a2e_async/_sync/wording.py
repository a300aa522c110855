"""The words of the async client's documentation and errors, without ``await``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["message_without_await", "without_await"]

_PARAGRAPHS = {
    "Use it as ``async with A2E() as a2e``": """\
Use it as ``with A2E() as a2e``: connections and the client's thread end with the block. Without a block they
end with `close`, when the client is collected, or with the interpreter. Any number of threads may use it.""",
    "The run may be used by any number of tasks": "The run may be used by any number of threads at once.",
}
"""What is said instead of a paragraph, by how that one begins."""

_WORDS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\bfrom a2e_async import\b", "from a2e_async.sync import"),
    (r"\b([Aa])n async iterator\b", r"\1n iterator"),
    (r"\(async\) iterable", "iterable"),
    (r"\biterable or async iterable\b", "iterable"),
    (r";?\s+(?:it )?may be (?:async|a coroutine function)\b", ""),
    (r"\n *ConfigurationError: no event loop is running\.", ""),
    (r"\basync (for|with|def)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\baclose\b", "close"),
)
_CALLS = (
    (r"\bawait (?!asyncio\b)(?=[\w.]+\()", ""),
    (r"\basync (?=(?:for|with) \w)", ""),
    (r"`async (for|with)`", r"`\1`"),
)


def without_await(text: str) -> str:
    """A docstring as it reads where nothing is awaited."""
    for begin, paragraph in _PARAGRAPHS.items():
        found = re.search(rf"^( *){re.escape(begin)}.*?(?=\n *\n|\Z)", text, re.MULTILINE | re.DOTALL)
        if found:
            text = text.replace(found[0], found[1] + paragraph.replace("\n", f"\n{found[1]}"))
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


def message_without_await(text: Any) -> Any:
    """An error's message as it reads where nothing is awaited. What is no text stays as it is."""
    if not isinstance(text, str):
        return text
    for pattern, words in _CALLS:
        text = re.sub(pattern, words, text)
    return text
