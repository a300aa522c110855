"""Presigned URLs: where a file may be uploaded, and where it can be read afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from a2e_async._spec.features import UPLOAD
from a2e_async._spec.operation import Call
from a2e_async.errors import UploadError

__all__ = ["Presign", "presigner"]

Presign = Callable[[str, str, int], Awaitable[tuple[str, str]]]
"""Called with key, content type and size in bytes; returns the PUT URL and the public URL. Charged."""

_PUT_URLS = ("uploadUrl", "upload_url", "presignedUrl", "presigned_url", "signedUrl", "signed_url", "putUrl")
_PUBLIC_URLS = (
    *("cdnUrl", "cdn_url", "publicUrl", "public_url", "fileUrl", "file_url", "accessUrl", "access_url"),
    *("downloadUrl", "download_url"),
)
_DEFAULT_BUCKET = "3days-apac"
_BUCKET_HOST = "ai2everyone.com"


def presigner(
    send: Callable[[Call], Awaitable[Any]], path: Callable[[], str] = lambda: UPLOAD.path
) -> Presign:
    """Make a function that asks the API for presigned URLs.

    Presigning is charged for API tokens, far below one coin. So a request is repeated if its answer was
    lost, and the callers never presign the same content twice.

    Args:
        send: sends a call, with retries; returns the reply's data.
        path: the path to send it to; raises an error where there is none.
    """

    async def presign(key: str, content_type: str, size: int) -> tuple[str, str]:
        body = {"key": key, "contentType": content_type, "contentLength": size}
        where = path()
        data = await send(Call(UPLOAD.method, where, body=body, template=where))

        put_url = _first_url(data, _PUT_URLS)
        if put_url is None:
            raise UploadError("the reply to presigning contains no uploadUrl")

        public_url = _first_url(data, _PUBLIC_URLS) or _built_url(data, put_url, key)
        if public_url is None:
            raise UploadError("the reply to presigning contains no cdnUrl, nor the key to build it from")
        return put_url, public_url

    return presign


def _first_url(data: Any, names: tuple[str, ...]) -> str | None:
    """The first member that is a URL; a scheme that was left out is added."""
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, Mapping):
        return None

    for name in names:
        value = data.get(name)
        if not isinstance(value, str):
            continue
        url = f"https:{value}" if value.startswith("//") else value
        try:
            if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname:
                return url
        except ValueError:
            continue
    return None


def _built_url(data: Any, put_url: str, key: str) -> str | None:
    """The public URL of a reply that has none: made of the bucket and of the key that the service chose.

    A reply without a key has it in the path of the URL to upload to.
    """
    members = data[0] if isinstance(data, list) else data
    bucket = members.get("bucket")
    if not isinstance(bucket, str) or not bucket.replace("-", "").isalnum():
        bucket = _DEFAULT_BUCKET

    full_key = members.get("key")
    if not isinstance(full_key, str) or not full_key:
        path = unquote(urlsplit(put_url).path).lstrip("/").removeprefix(f"{bucket}/")
        full_key = path if path.endswith(key) else None
    return f"https://{bucket}.{_BUCKET_HOST}/{quote(full_key.lstrip('/'))}" if full_key else None
