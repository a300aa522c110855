"""Tags around escaped text: links, pictures, players. No I/O, and nothing is requested to make them."""

from __future__ import annotations

import html
import os
import re
from typing import Any

__all__ = ["escaped", "is_web", "medium_of", "medium_of_file", "player"]

_MEDIA = {
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "gif", "avif", "bmp", "svg"), "image"),
    **dict.fromkeys(("mp4", "mov", "webm", "m4v", "mkv", "ogv"), "video"),
    **dict.fromkeys(("mp3", "wav", "m4a", "aac", "ogg", "oga", "opus", "flac"), "audio"),
}
# Not printable, or turns the direction of what follows on the page.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")

_PICTURE = "max-width:min(100%,360px);max-height:360px;border-radius:6px"


def escaped(value: Any) -> str:
    """The text of a value, for the content of an element or for an attribute in double quotes."""
    return html.escape(_UNSEEN.sub("\ufffd", str(value)), quote=True)


def is_web(url: str) -> bool:
    """Whether it is an address that a page may link to. A script as an address is none."""
    return url.lower().startswith(("https://", "http://"))


def medium_of(url: str) -> str:
    """image, video or audio, by the suffix of what a URL names; empty if it is not known."""
    return medium_of_file(re.split("[?#]", url, maxsplit=1)[0])


def medium_of_file(path: str) -> str:
    """image, video or audio, by the suffix of a file on this machine; empty if it is not known."""
    return _MEDIA.get(os.path.splitext(path)[1][1:].lower(), "")


def player(url: str, alt: str = "", medium: str = "") -> str:
    """A picture, a player, or a link if the medium is not known.

    Args:
        url: an address of the web.
        alt: what a picture shows, for those who do not see it.
        medium: image, video or audio; by default by the URL's suffix.
    """
    if not is_web(url):
        return f"<code>{escaped(url)}</code>"

    where, medium = escaped(url), medium or medium_of(url)
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
