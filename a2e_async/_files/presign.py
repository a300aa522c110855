"""Presigned URLs: where a file may be uploaded, and where it can be read afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from a2e_async._spec.operation import Call
from a2e_async.errors import UnexpectedReply

__all__ = ["Presign", "presigner"]

PATH = "/api/v1/r2/upload-presigned-url"

Presign = Callable[[str, str, int], Awaitable[tuple[str, str]]]
"""Called with key, content type and size in bytes; returns the PUT URL and the public URL. Charged."""


def presigner(send: Callable[[Call], Awaitable[Any]]) -> Presign:
    """Make a function that asks the API for presigned URLs.

    Presigning is charged for API tokens, far below one coin. So a request is repeated if its answer was
    lost, and the callers never presign the same content twice.

    Args:
        send: sends a call, with retries; returns the reply's data.
    """

    async def presign(key: str, content_type: str, size: int) -> tuple[str, str]:
        body = {"key": key, "contentType": content_type, "contentLength": size}
        call = Call("POST", PATH, body=body)
        data = await send(call)

        urls = (data.get("uploadUrl"), data.get("cdnUrl")) if isinstance(data, Mapping) else (None, None)
        if not (isinstance(urls[0], str) and isinstance(urls[1], str)):
            raise UnexpectedReply(
                "no uploadUrl and cdnUrl", status=200, method=call.method, path=call.path, body=data
            )
        return urls[0], urls[1]

    return presign
