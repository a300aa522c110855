"""The marker in a task's name, by which the task of an unanswered start is recognised. No I/O."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

__all__ = [
    "NameField",
    "foreign_marker",
    "has_marker",
    "marker_in",
    "marker_key",
    "new_marker",
    "with_marker",
    "without_marker",
]

_SEPARATORS = (" ", "_", "-", "")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_OURS = re.compile(r"a2e[-_]?(?=[a-z2-7]{0,12}[2-7])([a-z2-7]{13})(?![a-z0-9])", re.IGNORECASE)
_AT_END = re.compile(rf"[ _.-]?{_OURS.pattern}[ _.-]*\Z", re.IGNORECASE)


class NameField(Protocol):
    """The part of the name's `Field` that limits the marker."""

    @property
    @abstractmethod
    def max_length(self) -> int | None:
        """The most characters that the service accepts, None if there is no limit."""

    @property
    @abstractmethod
    def pattern(self) -> str | None:
        """A regular expression that the name must match, None for any name."""


def new_marker(field: NameField | None = None) -> str:
    """Make a text that no other task has in its name.

    Args:
        field: the start's name field. If its pattern refuses a hyphen, the marker has none.
    """
    letters = ""
    while not any(letter.isdigit() for letter in letters):  # so that no word is taken for a marker
        letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(13))

    marker = f"a2e-{letters}"
    return marker if _fits(marker, field) else f"a2e{letters}"


def with_marker(
    body: Mapping[str, Any], marker: str, default_name: str, field: NameField | None = None
) -> dict[str, Any]:
    """Return the body with the marker at the end of its name, or of the default name without one.

    A name that leaves no room for the marker is shortened. If the field does not accept the marker at all,
    the name is left as it is: `has_marker` then says that the name carries none.

    Args:
        body: the body of the start.
        marker: the marker.
        default_name: the name if the body has none.
        field: the start's name field; None for a name without limits.
    """
    given = body.get("name")
    # A name copied from another task may still carry that task's marker.
    name = without_marker(str(given)) if given else default_name

    for named in _names(name, marker, field):
        if _fits(named, field):
            return {**body, "name": named}
    if not given and _fits(default_name, field):
        return {**body, "name": default_name}
    return dict(body)


def without_marker(name: str) -> str:
    """Return a task's name as its caller gave it: without the marker that `with_marker` appended."""
    if "a2e" not in name and "A2E" not in name:
        return name
    return _AT_END.sub("", name)


def has_marker(name: str, marker: str) -> bool:
    """Whether a name carries a marker, whatever the service did to its case and its hyphen."""
    key = marker_key(marker)
    if key != marker.lower():
        return key in name.lower()
    # A marker of the caller's own, such as "order-7", is not in "order-71".
    return re.search(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])", name.lower()) is not None


def marker_key(marker: str) -> str:
    """The part of a marker that every name with it contains, in lower case."""
    ours = _OURS.fullmatch(marker)
    return (ours[1] if ours else marker).lower()


def foreign_marker(name: str, marker: str | None) -> str | None:
    """Return the marker of another start in a name; None if there is none, or the start's own as well."""
    found = _OURS.search(name)
    if found is None or (marker is not None and has_marker(name, marker)):
        return None
    return found[0]


def marker_in(name: str) -> str | None:
    """Return the marker in a task's name; None if there is none."""
    found = _OURS.search(name)
    return found[0] if found else None


def _names(name: str, marker: str, field: NameField | None) -> Iterator[str]:
    """Names with the marker, the best first."""
    most = field.max_length if field else None
    for separator in _SEPARATORS:
        room = None if most is None else most - len(separator) - len(marker)
        if room is None or room > 0:
            yield f"{name[:room].rstrip()}{separator}{marker}"
    yield marker


def _fits(name: str, field: NameField | None) -> bool:
    if field is None:
        return True
    short_enough = field.max_length is None or len(name) <= field.max_length
    return short_enough and (field.pattern is None or re.search(field.pattern, name) is not None)
