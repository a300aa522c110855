"""The words of the async client's documentation, without ``await``."""

from __future__ import annotations

import re

__all__ = ["without_await"]

_WORDS = (
    (r"\bfrom a2e_async import\b", "from a2e_async.sync import"),
    (r"\b[Aa]n async iterator\b", lambda found: f"{found[0][:1]}n iterator"),
    (r"\(async\) iterable", "iterable"),
    (r"\biterable or async iterable\b", "iterable"),
    (r";? (?:it )?may be (?:async|a coroutine function)\b", ""),
    (r"\basync (for|with|def)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\baclose\b", "close"),
)


def without_await(text: str) -> str:
    """The text as it reads where nothing is awaited."""
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text
