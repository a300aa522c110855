"""Files inside a body: found at any depth, uploaded once and together, replaced by their URLs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.body_files import check_body, files_in, upload_files_in
from a2e_async._spec.media import Upload
from a2e_async.errors import InvalidArgument, UploadError
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

DONE = Upload("https://cdn.test/done", "0" * 64, 1, "image/png")


class Uploads:
    """Uploads a file in a second. Fails for the files in `bad`."""

    def __init__(self, bad: frozenset[Any] = frozenset()) -> None:
        self.started: list[Any] = []
        self.ended: list[Any] = []
        self.fields: list[str] = []
        self._bad = bad

    async def __call__(self, file: Any, *, field: str) -> Upload:
        self.started.append(file)
        self.fields.append(field)
        if file in self._bad:
            raise UploadError("no")
        await anyio.sleep(1)
        self.ended.append(file)
        name = file.decode() if isinstance(file, bytes) else str(file)
        return Upload(f"https://cdn.test/{name}", "0" * 64, 1, "image/png")


async def test_every_file_is_found_and_replaced() -> None:
    path = Path("cat.png")
    body = {
        "image_url": path,
        "prompt": "x",
        "nested": {"url": b"two", "list": [b"three", "https://a.test/x", {"deep": (b"four",)}]},
        "done": DONE,
        "count": 3,
        "nothing": None,
    }
    upload = Uploads()

    assert await upload_files_in(body, upload) == {
        "image_url": "https://cdn.test/cat.png",
        "prompt": "x",
        "nested": {
            "url": "https://cdn.test/two",
            "list": ["https://cdn.test/three", "https://a.test/x", {"deep": ["https://cdn.test/four"]}],
        },
        "done": "https://cdn.test/done",
        "count": 3,
        "nothing": None,
    }
    assert body["image_url"] is path
    assert len(list(files_in(body))) == 5
    assert upload.fields == ["image_url", "nested.url", "nested.list[0]", "nested.list[2].deep[0]"]
    # Side by side.
    assert anyio.current_time() == pytest.approx(1, abs=0.1)


async def test_the_same_object_is_uploaded_once() -> None:
    file = b"same"
    upload = Uploads()
    assert await upload_files_in({"a": file, "b": [file]}, upload) == {
        "a": "https://cdn.test/same",
        "b": ["https://cdn.test/same"],
    }
    assert upload.started == [file]


async def test_a_body_without_files_needs_no_upload() -> None:
    upload = Uploads()
    assert await upload_files_in({"a": "x", "b": {"c": [1]}}, upload) == {"a": "x", "b": {"c": [1]}}
    assert await upload_files_in({"a": DONE}, upload) == {"a": DONE.url}
    assert upload.started == []


@pytest.mark.parametrize("others", [(), (b"one",), (b"one", b"two")])
async def test_a_file_that_cannot_be_uploaded_ends_the_others(others: tuple[bytes, ...]) -> None:
    """The error comes as it is, not in a group; nothing goes on."""
    upload = Uploads(bad=frozenset({b"bad"}))
    with pytest.raises(UploadError):
        await upload_files_in({"bad": b"bad", "others": list(others)}, upload)
    assert upload.ended == []


async def test_cancelling_ends_all_uploads() -> None:
    upload = Uploads()
    with anyio.move_on_after(0.5) as scope:
        await upload_files_in({"a": b"one", "b": b"two"}, upload)
    assert scope.cancelled_caught
    assert upload.ended == []


async def test_every_file_is_checked_before_one_is_uploaded(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(b"x")
    (tmp_path / "empty").touch()
    closed = io.BytesIO(b"x")
    closed.close()

    check_body({"image_url": good, "others": [b"x", io.BytesIO(b"x"), DONE]}, private_hosts=False)
    for file, words in {
        tmp_path / "gone": "does not exist",
        tmp_path / "empty": "is empty",
        tmp_path: "is a directory",
        b"": "is empty",
        io.StringIO("x"): "text mode",
        closed: "closed",
        zipfile.Path(make_zip(tmp_path)) / "dog.png": "does not exist",
    }.items():
        with pytest.raises(InvalidArgument, match=words) as caught:
            check_body({"image_url": good, "others": [b"x", {"deep": file}]}, private_hosts=False)
        assert caught.value.field == "others[1].deep"


def make_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("cat.png", b"x")
    return folder / "a.zip"
