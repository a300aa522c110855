"""Features of the client that hang on one route of the API each, declared in one place.

The client looks up here what it needs, and the summary of a new document (`python -m codegen regenerate`)
names the features that the document would break.
"""

from __future__ import annotations

import attrs

__all__ = ["BALANCE", "FEATURES", "QUOTE", "UPLOAD", "Feature"]


@attrs.frozen(kw_only=True)
class Feature:
    """What a feature needs of the API.

    Attributes:
        name: as users call it.
        resource: the generated module that has the route.
        method, path: the route.
        body: the members that it sends.
        needed: those that the route must know.
        reply: members of the reply's data that it reads; it needs one of them. Empty: it takes any reply.
    """

    name: str
    resource: str
    method: str
    path: str
    body: tuple[str, ...]
    needed: tuple[str, ...]
    reply: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        """The route in words."""
        return f"{self.method} {self.path}"


BALANCE = Feature(
    name="a2e.balance()",
    resource="account",
    method="GET",
    path="/api/v1/user/remainingCoins",
    body=(),
    needed=(),
    reply=("coins",),
)

QUOTE = Feature(
    name="a2e.quote()",
    resource="generation",
    method="POST",
    path="/api/v1/generation/quote",
    body=("endpoint", "requestBody"),
    needed=("endpoint", "requestBody"),
)

UPLOAD = Feature(
    name="a2e.upload()",
    resource="storage",
    method="POST",
    path="/api/v1/r2/upload-presigned-url",
    body=("key", "contentType", "contentLength"),
    needed=("key",),
    reply=("uploadUrl", "upload_url", "presignedUrl", "presigned_url", "signedUrl", "signed_url", "putUrl"),
)

FEATURES = (BALANCE, QUOTE, UPLOAD)
