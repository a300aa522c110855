"""Bodies and replies by their media types: which one is used, and its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen.document.tree import Document, resolve

__all__ = [
    "Content",
    "body_content",
    "declares_reply",
    "json_schema",
    "media_type",
    "success_content",
    "success_schema",
]

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_EVENTS = "text/event-stream"
_ANY = frozenset({"*/*", "application/*", ""})


@attrs.frozen
class Content:
    """The content of a body or a reply.

    Attributes:
        type: the media type without parameters, in lower case; ``application/json`` for all JSON.
        sent: the media type as the document writes it.
        schema: None if there is none.
        encoding: how the parts of a form are written.
        status: of a reply.
    """

    type: str
    sent: str
    schema: Document | None
    encoding: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    status: str = ""

    @property
    def is_json(self) -> bool:
        """Whether it is JSON."""
        return self.type == "application/json"


def media_type(text: str) -> str:
    """A media type without parameters; ``application/json`` for everything that is JSON."""
    plain = text.partition(";")[0].strip().lower()
    is_json = plain.endswith(("+json", "/json")) or plain in _ANY
    return "application/json" if is_json else plain


def _contents(holder: Any, status: str = "") -> list[Content]:
    content = holder.get("content") if isinstance(holder, Mapping) else None
    found = []

    for name, given in (content or {}).items():
        media = given if isinstance(given, Mapping) else {}
        schema = media.get("schema")
        sent = "application/json" if name.strip().lower() in _ANY else name
        found.append(
            Content(
                media_type(name),
                sent,
                schema if isinstance(schema, dict) else None,
                media.get("encoding") or {},
                status,
            )
        )

    return found


def _best(found: list[Content]) -> Content | None:
    """JSON before forms before files; what has a schema before what has none."""

    def rank(one: Content) -> tuple[int, bool]:
        order = ["application/json", PARTS, FORM]
        return (order.index(one.type) if one.type in order else len(order), one.schema is None)

    return min(found, key=rank, default=None)


def body_content(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Content | None:
    """The content of the request, None if the document declares none."""
    return _best(_contents(resolve(document, operation.get("requestBody"))))


def json_schema(content_holder: Mapping[str, Any] | None) -> Document | None:
    """The schema of a request body's or response's JSON content, None where there is none."""
    found = [one for one in _contents(content_holder) if one.is_json and one.schema is not None]
    return found[0].schema if found else None


def success_content(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Content | None:
    """The content of a successful reply: JSON, else whatever is declared, of the lowest status that has any.

    A stream of events is asked for, so it is left out. ``default`` counts where no success is declared.
    """
    responses = operation.get("responses") or {}
    statuses = sorted(one for one in responses if str(one)[:1] == "2")
    found: list[Content] = []

    for status in statuses or [one for one in responses if one == "default"]:
        reply = resolve(document, responses[status])
        # What is not ready yet is no result.
        waits = str(status) == "202" and "200" in responses
        found += [one for one in _contents(reply, str(status)) if one.type != _EVENTS and not waits]

    for wanted in (True, False):
        some = [one for one in found if one.is_json is wanted]
        if some:
            return min(some, key=lambda one: one.schema is None)
    return None


def success_schema(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Document | None:
    """The schema of the successful JSON reply, with references unresolved; None where nothing is declared."""
    found = success_content(document, operation)
    return found.schema if found is not None and found.is_json else None


def declares_reply(document: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Whether the document says what a success contains."""
    return success_content(document, operation) is not None
