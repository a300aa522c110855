"""Miscellaneous (`r2`): `a2e.storage`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Unpack

import attrs

from a2e_async._spec.decoders import one
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["PresignedUpload", "Storage"]


@attrs.frozen(kw_only=True)
class PresignedUpload(Record):
    """Where to PUT a file.

    Attributes:
        upload_url: Pre-signed; PUT the file here without Authorization.
        cdn_url: Public address once the upload is done.
        key: Final object key.
        bucket: Where the file is kept.
        expires_in: Seconds.
    """

    upload_url: str | None = attrs.field(default=None, metadata={"key": "uploadUrl"})
    """Pre-signed; PUT the file here without Authorization."""
    cdn_url: str | None = attrs.field(default=None, metadata={"key": "cdnUrl"})
    """Public address once the upload is done."""
    key: str | None = None
    """Final object key."""
    bucket: str | None = None
    """Where the file is kept."""
    expires_in: int | None = attrs.field(default=None, metadata={"key": "expiresIn"})
    """Seconds."""


GET_UPLOAD_PRESIGNED_URL = Operation(
    "POST",
    "/api/v1/r2/get_upload_presigned_url",
    one(PresignedUpload),
    body=(
        Field("key", str, required=True),
        Field("bucket", str),
        Field("url_prefix", str, "urlPrefix"),
        Field("cdn_domain", str, "cdnDomain"),
        Field("expires_in", int, "expiresIn", minimum=60),
        Field("content_type", str, "contentType"),
        Field("file_size", float, "fileSize"),
        Field("content_length", float, "contentLength"),
    ),
    has_body=True,
)

UPLOAD_PRESIGNED_URL = Operation(
    "POST",
    "/api/v1/r2/upload-presigned-url",
    one(PresignedUpload),
    body=(
        Field("key", str, required=True),
        Field("bucket", str),
        Field("url_prefix", str, "urlPrefix"),
        Field("cdn_domain", str, "cdnDomain"),
        Field("expires_in", int, "expiresIn", minimum=60),
        Field("content_type", str, "contentType"),
        Field("file_size", float, "fileSize"),
        Field("content_length", float, "contentLength"),
    ),
    has_body=True,
)


class Storage(Resource):
    """Miscellaneous (`r2`).

    Every method also takes the options in `CallOptions`.
    """

    name = "storage"

    async def get_upload_presigned_url(
        self,
        *,
        key: str,
        bucket: str | None = None,
        url_prefix: str | None = None,
        cdn_domain: str | None = None,
        expires_in: int | None = None,
        content_type: str | None = None,
        file_size: float | None = None,
        content_length: float | None = None,
        **options: Unpack[CallOptions],
    ) -> PresignedUpload:
        """Get pre-signed upload URL.

        Legacy signer for an R2 PUT; POST /api/v1/r2/upload-presigned-url is its successor. Returned key
        lies under {url_prefix}/{env}/user/{user_id}/.

        Args:
            key: The object's key. The service puts it under a prefix of its own.
            bucket: Where the file is kept. Files in 3days-apac go after three days. Server default: 3days-apac.
            url_prefix: First part of the object key; server default adam2eve.
            cdn_domain: Bare domain suffix (no scheme, no path); when omitted makefun.ai behaviour applies.
            expires_in: Seconds for which the URL can be used. At least 60.
            content_type: MIME type tied to the signed upload.
            file_size: Bytes; if given, the signed URL fixes Content-Length.
            content_length: Bytes; wins over file_size when both are sent.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            GET_UPLOAD_PRESIGNED_URL,
            {
                "key": key,
                "bucket": bucket,
                "url_prefix": url_prefix,
                "cdn_domain": cdn_domain,
                "expires_in": expires_in,
                "content_type": content_type,
                "file_size": file_size,
                "content_length": content_length,
            },
            options,
        )

    async def upload_presigned_url(
        self,
        *,
        key: str,
        bucket: str | None = None,
        url_prefix: str | None = None,
        cdn_domain: str | None = None,
        expires_in: int | None = None,
        content_type: str | None = None,
        file_size: float | None = None,
        content_length: float | None = None,
        **options: Unpack[CallOptions],
    ) -> PresignedUpload:
        """Get pre-signed upload URL.

        Pre-signed R2 PUT. Returned key lies under {url_prefix}/{env}/user/{user_id}/. After the PUT,
        cdn_url is the public address. API-token calls are charged by the R2 pricing rule; web/app
        logins are free.

        Args:
            key: The object's key. The service puts it under a prefix of its own.
            bucket: Where the file is kept. Files in 3days-apac go after three days. Server default: 3days-apac.
            url_prefix: Start of the object key; server default adam2eve; refused in site runtimes.
            cdn_domain: CDN domain suffix; server default makefun.ai; refused in site runtimes.
            expires_in: Seconds for which the URL can be used. At least 60.
            content_type: MIME type that the upload is bound to.
            file_size: Bytes; when given, the URL binds Content-Length to it.
            content_length: Bytes; wins over file_size when both are given.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            UPLOAD_PRESIGNED_URL,
            {
                "key": key,
                "bucket": bucket,
                "url_prefix": url_prefix,
                "cdn_domain": cdn_domain,
                "expires_in": expires_in,
                "content_type": content_type,
                "file_size": file_size,
                "content_length": content_length,
            },
            options,
        )
