"""Files of other libraries: recognised by what they can do, or refused with a hint."""

from __future__ import annotations

import codecs
import io
import logging
import mmap
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.source_files import hash_source
from a2e_async._files.uploads import Uploader
from a2e_async.errors import InvalidArgument, UploadError
from tests.unit.files.kit import PNG, Answer, Bench, bench, sha256
from tests.unit.files.source_kit import Pipe

pytestmark = pytest.mark.anyio


LARGE = bytes(range(256)) * 4200  # more than what stays in memory


class UploadFile:
    """An upload of a web framework (Starlette, FastAPI, Litestar): asynchronous, with a file inside."""

    def __init__(self, data: bytes, filename: str | None = "cat photo.png") -> None:
        self.file: Any = tempfile.SpooledTemporaryFile(max_size=1000)  # noqa: SIM115
        self.file.write(data)
        self.file.seek(0)
        self.filename = filename
        self.content_type = "image/png"

    def close(self) -> None:
        self.file.close()

    async def read(self, size: int = -1) -> bytes:
        return bytes(self.file.read(size))

    async def seek(self, offset: int) -> None:
        self.file.seek(offset)


class Image:
    """A picture, as Pillow has them."""

    def __init__(
        self, format: str | None = None, mode: str = "RGB", exif: dict[int, int] | None = None
    ) -> None:
        self.format = format
        self.mode = mode
        self.exif = exif or {}
        self.filename = "/photos/cat.jpg" if format else ""
        self.saved: list[tuple[str, str, dict[str, Any]]] = []

    def getexif(self) -> dict[int, int]:
        return self.exif

    def convert(self, mode: str) -> Image:
        if self.mode == "closed":
            raise ValueError("Operation on closed image")
        self.mode = mode
        return self

    def save(self, file: Any, format: str | None = None, **options: Any) -> None:
        if format == "JPEG" and self.mode == "broken":
            raise ValueError("Cannot use 'keep' when original image is not a JPEG")
        self.saved.append((str(format), self.mode, options))
        file.write({"PNG": PNG, "JPEG": b"\xff\xd8\xff\xe0jpeg"}[str(format)])


def files_of(data: bytes, folder: Path) -> Iterator[tuple[str, Any]]:
    path = folder / "cat.png"
    path.write_bytes(data)
    spooled = tempfile.SpooledTemporaryFile()  # noqa: SIM115
    spooled.write(data)
    spooled.seek(0)
    yield "spooled", spooled
    yield "web upload", UploadFile(data)
    yield "web upload without a name", UploadFile(data, None)

    named = tempfile.NamedTemporaryFile()  # noqa: SIM115
    named.write(data)
    named.seek(0)
    yield "named temporary", named

    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(path, "in/cat.png")
    yield "zip path", zipfile.Path(folder / "a.zip") / "in" / "cat.png"
    yield "zip member", zipfile.ZipFile(folder / "a.zip").open("in/cat.png")  # noqa: SIM115
    yield "read and write", path.open("r+b")
    yield "unbuffered", path.open("rb", buffering=0)
    with path.open("rb") as file:
        yield "mmap", mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    yield "anyio path", anyio.Path(path)
    with os.scandir(folder) as entries:
        (entry,) = [entry for entry in entries if entry.name == "cat.png"]
    yield "DirEntry", entry


@pytest.mark.parametrize("data", [PNG, PNG + LARGE], ids=["small", "large"])
async def test_files_of_every_kind_are_sent(tmp_path: Path, data: bytes) -> None:
    for kind, file in files_of(data, tmp_path):
        b = bench(Answer(503), None)
        upload = await b.uploader.upload(file)
        assert b.whole == [data], kind
        assert upload.sha256 == sha256(data), kind
        if callable(getattr(file, "close", None)):
            file.close()


async def test_a_file_is_hashed_without_being_used_up(tmp_path: Path) -> None:
    for kind, file in files_of(PNG, tmp_path):
        if kind not in ("zip member", "mmap"):
            assert hash_source(file, "image_url") == sha256(PNG), kind
            assert hash_source(file, "image_url") == sha256(PNG), kind
        if callable(getattr(file, "close", None)):
            file.close()

    assert hash_source(Image(), "image_url") == sha256(PNG)
    for source, words in {Pipe(PNG): "only once", io.StringIO("x"): "cannot be read"}.items():
        with pytest.raises(InvalidArgument, match=words) as caught:
            hash_source(source, "image_url")
        assert caught.value.field == "image_url"


async def test_an_asynchronous_file_is_read_like_the_one_inside(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    b = bench()
    async with await anyio.open_file(tmp_path / "a.png", "rb") as file:
        await b.uploader.upload(file)
        await b.uploader.upload(file)
        assert await file.read() == PNG
    assert b.whole == [PNG]


def key_of(b: Bench) -> str:
    return b.service.calls[-1][0].partition("/")[2]


async def test_the_name_is_the_one_of_the_file_not_of_the_form() -> None:
    b = bench()
    file = UploadFile(PNG)
    file.name = "form_field"  # type: ignore[attr-defined]
    await b.uploader.upload(file)
    file.close()
    assert key_of(b) == "cat-photo.png"


async def test_a_job_can_send_a_file_object_again() -> None:
    """Reading starts where the caller left the file, however often it is started."""
    file = io.BytesIO(b"header" + PNG)
    file.seek(6)
    b = bench()
    await b.uploader.upload(file)
    await b.uploader.upload(file)
    assert b.whole == [PNG]


async def test_many_uploads_of_one_file_object_at_once_read_it_whole() -> None:
    file = io.BytesIO(PNG + LARGE)
    many = [bench().uploader for _ in range(8)]
    hashes: list[str] = []

    async def upload(uploader: Uploader) -> None:
        hashes.append((await uploader.upload(file)).sha256)

    async with anyio.create_task_group() as group:
        for uploader in many:
            group.start_soon(upload, uploader)
    assert set(hashes) == {sha256(PNG + LARGE)}
    assert file.tell() == 0


async def test_what_was_read_to_its_end_says_so(tmp_path: Path) -> None:
    memory = io.BytesIO()
    memory.write(PNG)
    web = UploadFile(PNG)
    await web.read()
    on_disk = (tmp_path / "a").open("w+b")
    on_disk.write(PNG)

    for file in (memory, web, on_disk):
        with pytest.raises(InvalidArgument, match=r"empty from its current position on; call seek\(0\)"):
            await bench().uploader.upload(file)
    on_disk.close()
    web.file.close()


async def test_files_opened_by_mistake_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abc")
    spooled: Any = tempfile.SpooledTemporaryFile(mode="w+")  # noqa: SIM115
    named: Any = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115
    closed = UploadFile(PNG)
    closed.file.close()

    cases: list[tuple[Any, str]] = [
        (path.open(), r"text mode; open it with 'rb' \(.*a\.txt\)"),
        (io.StringIO("abc"), "text mode"),
        (codecs.open(str(path), encoding="utf-8"), "text mode"),  # noqa: SIM115
        (spooled, "text mode"),
        (named, "text mode"),
        (path.open("ab"), "not open for reading"),
        (closed, "closed"),
    ]
    for file, words in cases:
        b = bench()
        with pytest.raises(InvalidArgument, match=words):
            await b.uploader.upload(file)
        assert not b.service.calls
    for file, _ in cases[:-1]:
        file.close()


class Array:
    """An array of numbers, as numpy has them."""

    def __array__(self) -> None: ...

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])


async def test_what_is_no_file_is_refused_with_a_hint(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/cat.png", PNG)

    cases: list[tuple[Any, str]] = [
        (Array(), r"Array is an array of numbers, not a file: encode it first.*PIL\.Image\.fromarray"),
        (zipfile.Path(tmp_path / "a.zip") / "in" / "dog.png", r"dog\.png does not exist"),
        (zipfile.Path(tmp_path / "a.zip") / "in/", "is a directory"),
        ([1, 2], "int instead of bytes"),
        (3.5, "float is not a pathlib.Path"),
        (object(), "object is not a pathlib.Path"),
    ]
    for source, words in cases:
        with pytest.raises(InvalidArgument, match=words):
            await bench().uploader.upload(source)


async def test_a_file_that_fails_in_its_own_way_is_an_error_of_the_upload(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("cat.png", PNG)
    damaged = (tmp_path / "a.zip").read_bytes().replace(b"pixels", b"PIXELS", 1)
    (tmp_path / "a.zip").write_bytes(damaged)
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as archive,
        pytest.raises(UploadError, match=r"cat\.png cannot be read.*CRC"),
    ):
        await bench().uploader.upload(zipfile.Path(archive) / "cat.png")


# Pictures.


async def test_a_picture_made_in_memory_becomes_png() -> None:
    b = bench()
    upload = await b.uploader.upload(Image())
    assert (b.whole, upload.content_type) == ([PNG], "image/png")


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        (("JPEG",), ("JPEG", "RGB", {"quality": "keep"})),
        (("JPEG", "RGB", {0x0112: 6}), ("JPEG", "RGB", {"quality": "keep", "exif": {0x0112: 6}})),
        (("JPEG", "broken"), ("PNG", "RGB", {})),
        (("TIFF", "CMYK"), ("PNG", "RGB", {})),
        ((None, "PA"), ("PNG", "RGBA", {})),
        (("PNG", "LA"), ("PNG", "LA", {})),
    ],
)
async def test_a_picture_keeps_its_format_where_the_web_has_it(
    given: tuple[Any, ...], saved: tuple[str, str, dict[str, Any]]
) -> None:
    image = Image(*given)
    b = bench()
    await b.uploader.upload(image)
    assert image.saved == [saved]
    if image.format == "JPEG":
        assert key_of(b) == ("cat.jpg" if saved[0] == "JPEG" else "cat.png")


async def test_a_picture_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="the picture cannot be encoded: Operation on closed image"):
        await bench().uploader.upload(Image(mode="closed"), field="image_url")


# Paths.


async def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "cat.png").write_bytes(PNG)
    b = bench()
    await b.uploader.upload(Path("~/cat.png"))
    assert b.whole == [PNG]
    with pytest.raises(InvalidArgument, match=rf"{tmp_path}/dog\.png does not exist"):
        await b.uploader.upload(Path("~/dog.png"))


async def test_a_path_whose_name_is_not_unicode_is_sent(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \x1b[1m.png")
    path.write_bytes(PNG)
    b = bench()
    await b.uploader.upload(path)
    assert key_of(b) == "caf_-1m.png"

    path.unlink()
    with pytest.raises(InvalidArgument, match=r"caf\\udce9 \\x1b\[1m\.png does not exist") as caught:
        await b.uploader.upload(path)
    assert str(caught.value).isprintable()


async def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)

    def denied(*args: Any, **options: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(args[0]))

    monkeypatch.setattr("a2e_async._files.source_files.open", denied, raising=False)
    with pytest.raises(InvalidArgument, match=rf"{path} cannot be read: Permission denied"):
        await bench().uploader.upload(path)


async def test_a_path_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path, words in {
        tmp_path / "file" / "deeper": "Not a directory",
        tmp_path / ("x" * 300): "File name too long",
        tmp_path / "loop": "cannot be read",
    }.items():
        b = bench()
        with pytest.raises(InvalidArgument, match=words):
            await b.uploader.upload(path)
        assert not b.service.calls


async def test_an_upload_waits_for_a_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    left = [3]

    def limited(*args: Any, **options: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OSError(24, "Too many open files", str(args[0]))
        return open(*args, **options)

    monkeypatch.setattr("a2e_async._files.source_files.open", limited, raising=False)
    b = bench()
    with caplog.at_level(logging.WARNING, "a2e_async"):
        await b.uploader.upload(path)
    assert b.whole == [PNG]
    assert b.clock.sleeps == pytest.approx([0.1, 0.2, 0.4])
    assert [record.name for record in caplog.records].count("a2e_async") == 1

    left[0] = 10_000
    with pytest.raises(UploadError, match="Too many open files"):
        await bench().uploader.upload(path)
