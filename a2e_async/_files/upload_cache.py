"""What one client has uploaded, and what it has paid presigned URLs for. No I/O."""

from __future__ import annotations

import math
from urllib.parse import parse_qs, urlsplit

import attrs

from a2e_async._spec.media import Upload

__all__ = ["ContentKey", "Signed", "UploadCache"]

_SHORTEST_EXPIRY = 60.0  # seconds; the least that the presign route takes (H)


@attrs.frozen
class ContentKey:
    """What a content is known by.

    Attributes:
        sha256: in hex; empty while it is not known.
        content_type: as it is stored.
        size: bytes.
    """

    sha256: str
    content_type: str
    size: int

    @property
    def unhashed(self) -> ContentKey:
        """The key of any content of this type and size."""
        return attrs.evolve(self, sha256="")


@attrs.frozen
class Signed:
    """A presigned URL.

    Attributes:
        put_url, url: where to send it, and where it can be read then.
        since: when it was made, in seconds of the clock.
        lifetime: seconds, None where the URL does not say.
    """

    put_url: str = attrs.field(repr=False)
    url: str
    since: float
    lifetime: float | None

    @classmethod
    def at(cls, now: float, put_url: str, url: str) -> Signed:
        """A URL that was made now; its lifetime is read from it."""
        value = parse_qs(urlsplit(put_url).query).get("X-Amz-Expires", [""])[0]
        lifetime = float(value) if value.isdecimal() and len(value) < 10 else None
        return cls(put_url, url, now, lifetime)

    def has_expired(self, now: float) -> bool:
        """It is known to be of no use any more."""
        return self.lifetime is not None and not 0 <= now - self.since < self.lifetime

    def may_have_expired(self, now: float) -> bool:
        """It may be of no use any more: the last tenth is in doubt, for two clocks and the way there."""
        lifetime = _SHORTEST_EXPIRY if self.lifetime is None else self.lifetime
        return not 0 <= now - self.since < 0.9 * lifetime


class UploadCache:
    """What one client has uploaded, and what it has paid presigned URLs for. Belongs to no event loop.

    A URL that was paid for before its content was hashed stands under the key without a hash. It is still
    there only if that content never left as a whole, and then it serves any content of its type and size.

    Args:
        max_age: seconds for which an uploaded URL is given out again. The service deletes uploads
            after 3 days (H), and a job may still wait for its turn before it reads the URL.
    """

    def __init__(self, max_age: float = 2 * 86400.0) -> None:
        self._max_age = max_age
        self._uploads: dict[ContentKey, tuple[float, Upload]] = {}
        self._signed: dict[ContentKey, Signed] = {}

    def __len__(self) -> int:
        return len(self._uploads)

    def get(self, key: ContentKey, now: float) -> Upload | None:
        """The upload of this content, if it is young enough."""
        since, upload = self._uploads.get(key, (now, None))
        return upload if 0 <= now - since < self._max_age else None

    def keep(self, upload: Upload, now: float, age: float = 0.0) -> None:
        """Remember an upload that was made that many seconds ago; the old ones are forgotten."""
        key = ContentKey(upload.sha256, upload.content_type, upload.size)
        if age >= self._max_age or self._uploads.get(key, (-math.inf, None))[0] > now - age:
            return
        self._signed.pop(key, None)
        self._uploads.pop(key, None)
        self._uploads[key] = now - age, upload
        # The oldest stand first, so this touches only what goes.
        while now - next(iter(self._uploads.values()))[0] >= self._max_age:
            del self._uploads[next(iter(self._uploads))]

    def may_know(self, key: ContentKey) -> bool:
        """Whether a content without a hash could be one of those that are known."""
        return any(
            known.sha256 and known.unhashed == key for kept in (self._uploads, self._signed) for known in kept
        )

    def signed(self, key: ContentKey, now: float) -> Signed | None:
        """A URL that was paid for and can take this content."""
        for known in (key, key.unhashed):
            signed = self._signed.pop(known, None)
            if signed is not None and not signed.has_expired(now):
                self._signed[key] = signed
                return signed
        return None

    def sign(self, key: ContentKey, signed: Signed) -> None:
        """Remember a URL that was paid for."""
        self._signed[key] = signed

    def unsign(self, key: ContentKey) -> None:
        """Forget the URL: it is of no use any more."""
        self._signed.pop(key, None)

    def identify(self, key: ContentKey) -> None:
        """The content whose URL stands under the key without a hash is this one."""
        signed = self._signed.pop(key.unhashed, None)
        if signed is not None:
            self._signed[key] = signed
