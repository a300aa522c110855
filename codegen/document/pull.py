"""``pull``: copy upstream's document from a URL or a file into ``openapi/upstream.json``."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from a2e_async.addresses import is_loopback
from codegen.document.repair import is_openapi_member, repair
from codegen.document.tree import Document, SpecError, canonical, operations, parse, read
from codegen.document.validation import check_kind, validate
from codegen.files import replace_together

__all__ = ["DEFAULT_SOURCE", "MAX_BYTES", "fetch", "is_known", "pull", "take"]

DEFAULT_SOURCE = "https://video.a2e.ai/dev/openapi-spec"
MAX_BYTES = 20 * 1024 * 1024
TIMEOUT = 60.0
"""Seconds for the whole download."""


def take(source: str, *, timeout: float = TIMEOUT, transport: httpx.BaseTransport | None = None) -> Document:
    """Get a document from a URL or a file and check that it can be used.

    Args:
        source: an https URL (plain http on loopback only) or a file.
        timeout: seconds for the whole download.
        transport: replaces the network in tests.

    Raises:
        SpecError: the document cannot be fetched or used. The message names the place.
    """
    if "://" in source:
        data = fetch(source, timeout=timeout, transport=transport)
    else:
        data = _read_file(Path(source))

    document = parse(data, source)
    check_kind(document, source)
    validate(repair(document)[0], source)
    return document


def pull(
    source: str, target: Path, *, timeout: float = TIMEOUT, transport: httpx.BaseTransport | None = None
) -> str:
    """Replace ``target`` by the document at ``source`` if that is valid and new.

    Args:
        source: as for `take`.
        target: the kept document.
        timeout: seconds for the whole download.
        transport: replaces the network in tests.

    Returns: one line about what was done.

    Raises:
        SpecError: the document cannot be fetched or used. The old file is unchanged.
        OSError: the file cannot be written. The old one is unchanged.
    """
    document = take(source, timeout=timeout, transport=transport)
    count = f"{sum(1 for _ in operations(document))} operations"
    if is_known(document, target):
        return f"{target}: unchanged ({count})"

    replace_together({target: canonical(document).encode()})
    return f"{target}: written ({count})"


def is_known(document: Document, kept: Path) -> bool:
    """Whether the kept file is equal, apart from members that differ on every request."""
    try:
        return _facts(read(kept)) == _facts(document)
    except SpecError:
        return False


def fetch(url: str, *, timeout: float, transport: httpx.BaseTransport | None = None) -> bytes:
    """Download with bounds on time and size. Redirects are not followed.

    Raises:
        SpecError: any failure. The message names the URL.
    """
    _check_url(url)
    deadline = time.monotonic() + timeout
    received = bytearray()

    try:
        with (
            httpx.Client(timeout=min(timeout, 20.0), transport=transport, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != httpx.codes.OK:
                where = response.headers.get("location")
                raise SpecError(f"{url}: HTTP {response.status_code}{f', moved to {where}' if where else ''}")

            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > MAX_BYTES:
                    raise SpecError(f"{url}: larger than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise SpecError(f"{url}: not complete after {timeout:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpecError(f"{url}: {type(error).__name__}: {error}") from error

    return bytes(received)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return
    raise SpecError(f"{url}: only https is fetched (plain http from loopback only)")


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"{path}: larger than {MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error


def _facts(document: Document) -> Document:
    """The document without members such as ``trace_id`` that differ on every request."""
    return {name: value for name, value in document.items() if is_openapi_member(name)}
