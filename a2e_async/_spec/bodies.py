"""Bodies that are not a JSON object of keywords: other JSON, forms, and the content of files. No I/O.

The forms of an `Operation`: ``json`` is any JSON value, ``multipart/form-data`` and
``application/x-www-form-urlencoded`` are forms, and any other media type is sent as it is.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from a2e_async._spec.styles import as_text
from a2e_async.errors import InvalidArgument

__all__ = ["MULTIPART", "URLENCODED", "Part", "encoded", "is_form", "is_whole"]

MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
_UNSAFE = {'"': "%22", "\r": "%0D", "\n": "%0A"}
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@attrs.frozen
class Part:
    """A file in a request: its content was read.

    Attributes:
        content: the bytes.
        name: the file's name.
        content_type: its media type.
    """

    content: bytes = attrs.field(repr=False)
    name: str = "file"
    content_type: str = "application/octet-stream"


def is_form(form: str) -> bool:
    """Whether the body is made of members that are written as a form."""
    return form in (MULTIPART, URLENCODED)


def is_whole(form: str) -> bool:
    """Whether the body is the value of one keyword."""
    return bool(form) and not is_form(form)


def encoded(
    form: str, body: Any, boundary: Callable[[], str] = lambda: uuid.uuid4().hex
) -> tuple[bytes, str]:
    """The bytes of a body and its content type.

    Args:
        form: how it is written.
        body: the value; files in it have been read.
        boundary: makes the text between the parts of a form.

    Raises:
        InvalidArgument: it cannot be written so.
    """
    if form == URLENCODED:
        return urlencode(list(_pairs(body)), quote_via=quote).encode(), form
    if form == MULTIPART:
        between = boundary()
        return _multipart(body, between.encode()), f"{form}; boundary={between}"

    if isinstance(body, Part):
        own = form in ("application/octet-stream", "")
        return body.content, body.content_type if own else form
    if form != "json":
        return as_text(body).encode(), form if "charset" in form else f"{form}; charset=utf-8"
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument("body", f"cannot be sent as JSON: {error}") from None


def _pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one.content.decode("latin-1") if isinstance(one, Part) else as_text(one)


def _multipart(body: Mapping[str, Any], boundary: bytes) -> bytes:
    lines: list[bytes] = []
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
            if isinstance(one, Part):
                head += f'; filename="{_quoted(one.name)}"\r\nContent-Type: {one.content_type}'
                content = one.content
            else:
                # A line in a form ends with CR and LF.
                content = _LINE_ENDS.sub("\r\n", as_text(one)).encode()

            lines += [b"--" + boundary, head.encode(), b"", content]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""])


def _quoted(text: str) -> str:
    return "".join(_UNSAFE.get(character, character) for character in text)
