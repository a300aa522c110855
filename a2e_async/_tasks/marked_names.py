"""The marker of a start in the name of a task, as the service's list shows it."""

from __future__ import annotations

from typing import Any

from a2e_async.markers import has_marker, marker_key
from a2e_async.records import JSONObject

__all__ = ["CUT_MARKER", "is_marked", "lost_its_name", "name_of"]

CUT_MARKER = 6
"""Random characters that prove a marker whose end was cut off."""


def name_of(record: JSONObject) -> str:
    """The name that a record shows, in lower case."""
    return str(record.get("name") or "").lower()


def is_marked(record: JSONObject, marker: str, sent_name: Any) -> bool:
    """Whether a record's name carries the marker, whole or cut off at the end."""
    name = str(record.get("name") or "")
    if has_marker(name, marker):
        return True

    sent = str(sent_name or "").lower()
    begins = sent.find(marker_key(marker))
    return begins >= 0 and len(name) >= begins + CUT_MARKER and sent.startswith(name.lower())


def lost_its_name(record: JSONObject, sent_name: Any) -> bool:
    """Whether a record has no name, or one that may be the beginning of the one that was sent."""
    name = str(record.get("name") or "").strip().lower()
    return str(sent_name or "").lower().startswith(name)
