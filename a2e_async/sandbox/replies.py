"""Replies in the envelopes that the service uses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from a2e_async.sandbox.families import Family
from a2e_async.sandbox.operations import SpecOperation

__all__ = [
    "JSON",
    "Call",
    "Reply",
    "encode",
    "error",
    "html",
    "iso",
    "ok",
    "ok_bytes",
    "says_success",
    "xml",
]

JSON = b"application/json; charset=utf-8"

encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@attrs.frozen
class Call:
    """One parsed request to an operation.

    Attributes:
        operation: the operation.
        family: the family that it belongs to.
        path: the path parameters.
        query: the query parameters, parsed.
        body: the JSON body; None for methods without a body.
        now: the time of the sandbox's clock at which the work is done, in seconds.
        stamp: the same time as the API writes it.
        serial: the number of the request, for its trace_id.
        words: the magic words in the body (``sandbox:fail`` -> ``fail``).
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
        """The task id in the path, the query or the body; an empty string if there is none."""
        for value in self.path.values():
            return value

        for place in (self.query, self.body if isinstance(self.body, dict) else {}):
            for key in ("_id", "id", "video_id", *self._id_parameters()):
                if isinstance(place.get(key), str):
                    return str(place[key])
        return ""

    def _id_parameters(self) -> list[str]:
        """Required query parameters whose names end in ``id``, as families of newer documents may have."""
        return [
            parameter.name
            for parameter in self.operation.parameters
            if parameter.required and parameter.name.lower().endswith("id")
        ]


@attrs.frozen
class Reply:
    """An HTTP reply.

    Attributes:
        chunks: the body as a stream, instead of `body`.
        length: the Content-Length, if it is not the length of `body`.
    """

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: Sequence[tuple[bytes, bytes]] = ()
    chunks: AsyncIterator[bytes] | None = None
    length: int | None = None


def iso(moment: float) -> str:
    """Seconds since the epoch -> ``2026-01-15T08:30:00.000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


# Operations that are known to answer {success, data, timestamp}. Every other operation of a known family
# answers {code, data, trace_id}.
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

# The document declares `success` for these, and clients read `code` from them: they answer with both.
_BOTH = frozenset({"userDubbing/startDubbing", "userVideoTwin/{_id}", "custom_back/allBackground"})


def says_success(operation: SpecOperation) -> bool:
    """Whether an operation answers with `success` instead of `code`."""
    route = "/".join(operation.segments)
    if route in _SUCCESS or route in _BOTH:
        return route in _SUCCESS
    return operation.speaks_success


def ok(call: Call, data: Any) -> Reply:
    """A 200 with `data` in the operation's envelope."""
    return ok_bytes(call, encode(data).encode())


def ok_bytes(call: Call, data: bytes) -> Reply:
    """The same, for `data` that is encoded already."""
    if "/".join(call.operation.segments) in _BOTH:
        both = b'{"code":0,"success":true,"data":%b,"timestamp":"%b"}'
        return Reply(200, both % (data, call.stamp.encode()))
    if says_success(call.operation):
        return Reply(200, b'{"success":true,"data":%b,"timestamp":"%b"}' % (data, call.stamp.encode()))
    if not call.family.trace:
        return Reply(200, b'{"code":0,"data":%b}' % data)

    trace = b"%08x-d9cb-469f-a165-%012x" % (call.serial & 0xFFFFFFFF, call.serial)
    return Reply(200, b'{"code":0,"data":%b,"trace_id":"%b"}' % (data, trace))


def error(
    call: Call,
    status: int,
    message: str,
    *,
    code: int | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Reply:
    """An error in the envelope that the document declares: ErrorResponse, or code and message.

    Args:
        call: the request.
        status: the HTTP status. With 200, only the code in the body marks the error.
        message: the text for the caller.
        code: the code in the body; by default the HTTP status.
        errors: the single problems of a body, with their paths.
    """
    declared = call.operation.error_has_success(status) or (status == 200 and says_success(call.operation))
    raw: dict[str, Any]
    if declared and (code is None or status != 200):
        text = str(status if code is None else code)
        raw = {"success": False, "error": message, "code": text, "timestamp": call.stamp}
    else:
        raw = {"code": status if code is None else code, "message": message}

    if errors:
        raw["errors"] = errors
    return Reply(status, encode(raw).encode())


def html(status: int, title: str, text: str = "") -> Reply:
    """An HTML page, as a proxy or the web framework answers."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        "</head>\n"
        f"<body>\n<pre>{text or title}</pre>\n</body>\n</html>\n"
    )
    return Reply(status, page.encode(), b"text/html; charset=utf-8")


def xml(status: int, code: str, message: str) -> Reply:
    """An error in XML, as an object store answers."""
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Reply(status, document.encode(), b"application/xml")
