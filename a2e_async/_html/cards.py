"""What a notebook shows of a value: a title, its media, a table of facts, in the notebook's own colours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from a2e_async._html.tags import escaped, player

__all__ = ["EXPIRE", "card", "counted", "seconds_text"]

EXPIRE = "Links expire about three days after the task was made: download soon."

_MOST_MEDIA = 8
_LONGEST = 600  # characters of one fact

_CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:10px 12px;margin:4px 0;"
    "display:inline-block;max-width:100%;box-sizing:border-box;font:13px/1.45 system-ui,sans-serif"
)
_MEDIA = "display:flex;flex-wrap:wrap;gap:8px;margin:8px 0"
_NAME = (
    "text-align:left;vertical-align:top;padding:1px 12px 1px 0;opacity:.65;white-space:nowrap;font-weight:400"
)
_VALUE = "text-align:left;vertical-align:top;padding:1px 0;white-space:pre-wrap;overflow-wrap:anywhere"
_TABLE = "border-collapse:collapse;margin:4px 0;font:inherit"
_BARE = "border:0;background:none"


def card(
    title: str,
    facts: Mapping[str, Any],
    *,
    media: Mapping[str, str] = MappingProxyType({}),
    alt: str = "",
    note: str = "",
) -> str:
    """HTML for a notebook.

    Args:
        title: a few words.
        facts: what is known, by name; None and empty texts are left out.
        media: URLs to show, each with what it is: image, video, audio, or empty if that is not known.
        alt: what the pictures show, in words.
        note: a sentence below.
    """
    parts = [f'<div style="{_CARD}"><strong>{escaped(title)}</strong>']
    if media:
        few = islice(media.items(), _MOST_MEDIA)
        shown = "".join(f"<div>{player(url, alt, medium)}</div>" for url, medium in few)
        more = f"<div>and {len(media) - _MOST_MEDIA} more</div>" if len(media) > _MOST_MEDIA else ""
        parts.append(f'<div style="{_MEDIA}">{shown}{more}</div>')

    rows = "".join(_row(name, value) for name, value in facts.items() if value not in (None, ""))
    if rows:
        parts.append(f'<table style="{_TABLE};{_BARE}"><tbody>{rows}</tbody></table>')
    if note:
        parts.append(f'<div style="opacity:.65">{escaped(note)}</div>')
    return "".join([*parts, "</div>"])


def _row(name: str, value: Any) -> str:
    text = str(value)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return (
        f'<tr style="{_BARE}"><th scope="row" style="{_NAME};{_BARE}">{escaped(name)}</th>'
        f'<td style="{_VALUE};{_BARE}">{escaped(text)}</td></tr>'
    )


def counted(number: float | None, what: str) -> str:
    """A number with its noun; empty if it is not known.

    Example:
        >>> counted(1, "coin"), counted(30.0, "coin")
        ('1 coin', '30 coins')
    """
    if number is None:
        return ""
    figures = f"{number:,.2f}".rstrip("0").rstrip(".")
    return f"{figures} {what}{'' if number == 1 else 's'}"


def seconds_text(seconds: float) -> str:
    """Seconds for people; empty if there are none.

    Example:
        >>> seconds_text(75.0)
        '1 min 15 s'
    """
    if seconds <= 0:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
