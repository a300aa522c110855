"""Places for downloads: paths and addresses, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2e_async._files.places import place_of
from a2e_async.errors import ConfigurationError, InvalidArgument


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("out", Path("out")),
        (Path("out"), Path("out")),
        ("file:///srv/a%20b#c?d", Path("/srv/a b#c?d")),
        ("file://localhost/srv", Path("/srv")),
        ("local:///srv", Path("/srv")),
        ("FILE:///srv", Path("/srv")),
        ("s3://bucket", "s3://bucket"),
        ("S3://Bucket/Prefix", "s3://Bucket/Prefix"),
        ("memory://", "memory://"),
        ("odd/s3://name", Path("odd/s3:/name")),
        ("./s3:/name", Path("s3:/name")),
    ],
)
def test_places(given: str | Path, place: Path | str) -> None:
    assert place_of("download_to", given) == place


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (Path("s3://bucket/prefix"), "pathlib.Path keeps one"),
        ("s3:/bucket", "two slashes"),
        ("file://srv/out", "three slashes"),
        ("s3://", "names no bucket"),
        ("s3:///", "names no bucket"),
        ("simplecache::s3://bucket", "one address"),
        ("s3://buck\net", "characters"),
        ("file:///a%00b", "null"),
        ("", "empty"),
    ],
)
def test_places_that_are_none(given: str | Path, hint: str) -> None:
    with pytest.raises(InvalidArgument, match=hint) as caught:
        place_of("download_to", given)
    assert caught.value.field == "download_to"


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"download_to: .*pip install 'a2e-async\[fsspec\]' s3fs$"):
        place_of("download_to", "s3://bucket")
    assert place_of("download_to", "file:///srv") == Path("/srv")
