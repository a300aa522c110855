"""Tags around escaped text: links, pictures, players. No I/O, and nothing is requested to make them."""

from __future__ import annotations

import html
import re
from typing import Any

__all__ = ["escaped", "is_web", "player"]

# Not printable, or turns the direction of what follows on the page.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")

_PICTURE = "max-width:min(100%,360px);max-height:360px;border-radius:6px"


def escaped(value: Any) -> str:
    """The text of a value, for the content of an element or for an attribute in double quotes."""
    return html.escape(_UNSEEN.sub("\ufffd", str(value)), quote=True)


def is_web(url: str) -> bool:
    """Whether it is an address that a page may link to. A script as an address is none."""
    return url.lower().startswith(("https://", "http://"))


def player(url: str, alt: str, medium: str) -> str:
    """A picture, a player, or a link if the medium is not known.

    Args:
        url: an address of the web.
        alt: what a picture shows, for those who do not see it.
        medium: image, video or audio; empty if it is not known.
    """
    if not is_web(url):
        return f"<code>{escaped(url)}</code>"

    where = escaped(url)
    if medium == "image":
        picture = (
            f'<img src="{where}" alt="{escaped(alt)}" loading="lazy" referrerpolicy="no-referrer" '
            f'style="{_PICTURE}">'
        )
        return _link(where, picture)
    if medium == "video":
        return f'<video src="{where}" controls playsinline preload="metadata" style="{_PICTURE}"></video>'
    if medium == "audio":
        return f'<audio src="{where}" controls preload="none" style="max-width:100%"></audio>'
    return _link(where, escaped(url.partition("?")[0].rpartition("/")[2] or url))


def _link(where: str, content: str) -> str:
    return f'<a href="{where}" target="_blank" rel="noopener noreferrer">{content}</a>'
