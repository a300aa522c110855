"""The uploads of one client, and the presigned URLs that it has paid for. No I/O."""

from __future__ import annotations

import math
from urllib.parse import parse_qs, urlsplit

import attrs

from a2e_async._spec.media import Upload

__all__ = ["ContentKey", "SignedUrl", "UploadCache"]

_SHORTEST_EXPIRY = 60.0  # seconds; the presign route takes nothing shorter


@attrs.frozen
class ContentKey:
    """Identifies a content.

    Attributes:
        sha256: in hex; empty while it is not known.
        content_type: the type under which it is stored.
        size: bytes.
    """

    sha256: str
    content_type: str
    size: int

    @property
    def unhashed(self) -> ContentKey:
        """The key without the hash: any content of this type and size."""
        return attrs.evolve(self, sha256="")


@attrs.frozen
class SignedUrl:
    """A presigned URL.

    Attributes:
        put_url: where to send the content.
        url: where the content can be read afterwards.
        since: when the URL was made, in seconds of the clock.
        lifetime: seconds; None if the URL does not say.
    """

    put_url: str = attrs.field(repr=False)
    url: str
    since: float
    lifetime: float | None

    @classmethod
    def at(cls, now: float, put_url: str, url: str) -> SignedUrl:
        """A URL made now. Its lifetime is read from its query."""
        value = parse_qs(urlsplit(put_url).query).get("X-Amz-Expires", [""])[0]
        lifetime = float(value) if value.isdecimal() and len(value) < 10 else None
        return cls(put_url, url, now, lifetime)

    def has_expired(self, now: float) -> bool:
        """Whether the URL has certainly expired."""
        return self.lifetime is not None and not 0 <= now - self.since < self.lifetime

    def may_have_expired(self, now: float) -> bool:
        """Whether the URL may have expired.

        The last tenth of the lifetime is in doubt: the two clocks differ, and the request takes its time.
        """
        lifetime = _SHORTEST_EXPIRY if self.lifetime is None else self.lifetime
        return not 0 <= now - self.since < 0.9 * lifetime


class UploadCache:
    """The uploads of one client, and the presigned URLs that it has paid for. Shared by its event loops.

    A URL presigned before its content was hashed is stored under the unhashed key. If it is still there,
    that upload never completed, so the URL can take any content of the same type and size.

    Args:
        max_age: seconds for which an uploaded URL is used again. The service deletes uploads
            after 3 days, and a job may wait in a queue before the service reads the URL.

    Attributes:
        max_age: see above.
    """

    def __init__(self, max_age: float = 2 * 86400.0) -> None:
        self.max_age = max_age
        self._uploads: dict[ContentKey, tuple[float, Upload]] = {}
        self._signed: dict[ContentKey, SignedUrl] = {}

    def __len__(self) -> int:
        return len(self._uploads)

    def get(self, key: ContentKey, now: float) -> Upload | None:
        """Return the upload of this content; None if there is none, or it is too old."""
        since, upload = self._uploads.get(key, (now, None))
        return upload if 0 <= now - since < self.max_age else None

    def keep(self, upload: Upload, now: float, age: float = 0.0) -> None:
        """Remember an upload, and forget those that are too old.

        Args:
            upload: the upload.
            now: seconds of the clock.
            age: seconds since it was made. A younger upload of the same content is not replaced.
        """
        key = ContentKey(upload.sha256, upload.content_type, upload.size)
        known_since = self._uploads.get(key, (-math.inf, None))[0]
        if age >= self.max_age or known_since > now - age:
            return

        self._signed.pop(key, None)
        self._uploads.pop(key, None)
        self._uploads[key] = now - age, upload

        # The oldest come first, so this touches only those that are removed.
        while now - next(iter(self._uploads.values()))[0] >= self.max_age:
            del self._uploads[next(iter(self._uploads))]

    def may_know(self, key: ContentKey) -> bool:
        """Whether a content without a hash could be one that is known here."""
        return any(
            known.sha256 and known.unhashed == key
            for entries in (self._uploads, self._signed)
            for known in entries
        )

    def find_signed(self, key: ContentKey, now: float) -> SignedUrl | None:
        """Return a paid URL that can take this content. It then belongs to this content."""
        for known in (key, key.unhashed):
            signed = self._signed.pop(known, None)
            if signed is not None and not signed.has_expired(now):
                self._signed[key] = signed
                return signed
        return None

    def keep_signed(self, key: ContentKey, signed: SignedUrl) -> None:
        """Remember a URL that was paid for."""
        self._signed[key] = signed

    def drop_signed(self, key: ContentKey) -> None:
        """Forget the URL of this content: the storage no longer accepts it."""
        self._signed.pop(key, None)

    def identify(self, key: ContentKey) -> None:
        """Move the URL from the unhashed key to this one: the hash of its content has become known."""
        signed = self._signed.pop(key.unhashed, None)
        if signed is not None:
            self._signed[key] = signed
