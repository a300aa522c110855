"""Replies in the service's own envelopes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from a2e_async.sandbox.document import SpecOperation
from a2e_async.sandbox.families import Family

__all__ = ["Call", "Reply", "encode", "error", "html", "iso", "ok", "ok_bytes", "xml"]

JSON = b"application/json; charset=utf-8"

encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@attrs.frozen
class Call:
    """One request to an operation, parsed.

    Attributes:
        now: seconds of the sandbox's clock at which its work is done.
        stamp: the same time as the API writes it.
        serial: number of the request, for its trace_id.
        words: magic words found in the body (``sandbox:fail`` -> ``fail``).
    """

    operation: SpecOperation
    family: Family
    path: dict[str, str]
    query: dict[str, Any]
    body: Any
    now: float
    stamp: str
    serial: int
    words: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The task id in the path, or else in the query or the body."""
        for value in self.path.values():
            return value
        for place in (self.query, self.body if isinstance(self.body, dict) else {}):
            for key in ("_id", "id", "video_id", *self._id_parameters()):
                if isinstance(place.get(key), str):
                    return str(place[key])
        return ""

    def _id_parameters(self) -> list[str]:
        """Query parameters that a family of a newer document may call its ids."""
        parameters = self.operation.parameters
        return [one.name for one in parameters if one.required and one.name.lower().endswith("id")]


@attrs.frozen
class Reply:
    """An HTTP reply. `chunks` is the body of a stream; `length` is then its Content-Length, if known."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: Sequence[tuple[bytes, bytes]] = ()
    chunks: AsyncIterator[bytes] | None = None
    length: int | None = None


def iso(moment: float) -> str:
    """Seconds since the epoch -> ``2026-01-15T08:30:00.000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


# Operations known (from the collected facts) to answer {success, data, timestamp}; every other operation of a
# known family answers {code, data, trace_id}. Startup of dubbing and upscale stand in the document as
# `success`, but clients read `code` from dubbing; upscale is the one that "signals failure by success".
_SUCCESS = frozenset(
    {
        "userVoice/training",
        "userVoice/trainingRecord",
        "userVoice/completedRecord",
        "userVoice/{_id}",
        "userVideoTwin/upload",
        "userVideoTwin/training",
        "userVideoTwin/retry",
        "userDubbing/allProcessing",
        "userCaptionRemoval/allProcessing",
        "userCaptionRemoval/retry",
        "userUpscale/start",
        "userImage2Video/avgProcessingTime",
        "userImage2Video/unlimitedQueueLevel",
        "userImage2Video/{_id}/markShared",
        "userImage2Video/{_id}/markDownloaded",
        "userImage2Video/{_id}/markCopied",
        "custom_avatar/{_id}",
        "custom_back/randomBackground",
    }
)
_CODE = frozenset({"userDubbing/startDubbing", "userVideoTwin/{_id}", "custom_back/allBackground"})


def says_success(operation: SpecOperation) -> bool:
    """Whether an operation speaks of `success` instead of `code`."""
    route = "/".join(operation.segments)
    if route in _SUCCESS or route in _CODE:
        return route in _SUCCESS
    return operation.speaks_success


def ok(call: Call, data: Any) -> Reply:
    """200 with `data`."""
    return ok_bytes(call, encode(data).encode())


def ok_bytes(call: Call, data: bytes, status: int = 200) -> Reply:
    """200 with `data` that is JSON already."""
    if says_success(call.operation):
        return Reply(status, b'{"success":true,"data":%b,"timestamp":"%b"}' % (data, call.stamp.encode()))
    if not call.family.trace:
        return Reply(status, b'{"code":0,"data":%b}' % data)
    trace = b"%08x-d9cb-469f-a165-%012x" % (call.serial & 0xFFFFFFFF, call.serial)
    return Reply(status, b'{"code":0,"data":%b,"trace_id":"%b"}' % (data, trace))


def error(
    call: Call,
    status: int,
    message: str,
    *,
    code: int | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Reply:
    """An error in the envelope that the document declares for it: ErrorResponse, or code and message.

    Args:
        status: the HTTP status; 200 is an error by its code alone.
        code: the in-body code, where it is not the HTTP status.
    """
    declared = call.operation.error_has_success(status) or (status == 200 and says_success(call.operation))
    raw: dict[str, Any]
    if declared and code is None:
        raw = {"success": False, "error": message, "code": str(status), "timestamp": call.stamp}
    else:
        raw = {"code": status if code is None else code, "message": message}
    if errors:
        raw["errors"] = errors
    return Reply(status, encode(raw).encode())


def html(status: int, title: str, text: str = "") -> Reply:
    """What a proxy or the web framework answers."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        "</head>\n"
        f"<body>\n<pre>{text or title}</pre>\n</body>\n</html>\n"
    )
    return Reply(status, page.encode(), b"text/html; charset=utf-8")


def xml(status: int, code: str, message: str) -> Reply:
    """What an object store answers when it refuses."""
    told = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, f'<?xml version="1.0" encoding="UTF-8"?>{told}'.encode(), b"application/xml")
