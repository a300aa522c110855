"""Safe file names, made from any text."""

from __future__ import annotations

import itertools
import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from a2e_async._files.file_names import (
    ascii_name,
    name_of_url,
    numbered,
    safe_name,
    shortened,
    with_extension,
)
from a2e_async._files.media_types import content_type_of

ANYTHING = st.text(
    st.characters(codec=None) | st.sampled_from(list('/\\.: \u202e\u200f-_~"<|?*\x00\x1f')), max_size=200
)
HOSTILE = st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            [
                "..",
                "/",
                "\\",
                "CON",
                "nul",
                "lpt¹",
                ".",
                " ",
                "-",
                "png",
                ".mp4",
                "é",
                "e\u0301",
                "漢",
                "\ud800",
                "a" * 90,
            ]
        ),
        max_size=12,
    ),
)
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *)(\..*)?")


def assert_safe(name: str) -> None:
    assert 1 <= len(name.encode()) <= 120
    assert os.path.basename(name) == name
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    assert not set(name) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    assert name[0] not in ".- "
    assert name[-1] not in ". "
    assert not RESERVED.fullmatch(name)
    assert unicodedata.is_normalized("NFC", name)


@given(ANYTHING | HOSTILE)
@example("con")
@example("CON .txt")
@example("..")
@example("a" * 119 + " .png")
def test_every_name_becomes_safe_and_stays_as_it_is_then(name: str) -> None:
    safe = safe_name(name)
    assert_safe(safe)
    assert safe_name(safe) == safe


@given(st.binary(max_size=200))
def test_bytes_can_be_a_name(name: bytes) -> None:
    assert_safe(safe_name(name))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat.png", "cat.png"),
        ("Überraschung für 猫 🐈.mp4", "Überraschung für 猫 🐈.mp4"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\x.png", "C__Windows_x.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b\nc", "ab c"),
        ("aux.tar.gz", "_aux.tar.gz"),
        ("  spaced   out . ", "spaced out"),
        ("e\u0301", "é"),
        ("", "file"),
        (None, "file"),
        ("...", "file"),
    ],
)
def test_a_safe_name_stays_readable(name: str | None, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension_and_whole_letters() -> None:
    name = safe_name("漢" * 100 + ".webm")
    assert name == "漢" * 38 + ".webm"


@given(HOSTILE, st.sampled_from([".jpg", ".mp4", ".webm", ".bin"]))
def test_names_with_another_extension_are_safe_and_have_it(name: str, extension: str) -> None:
    changed = with_extension(safe_name(name), extension)
    assert_safe(changed)
    assert extension_kind(changed) == extension_kind(f"x{extension}")
    assert with_extension(changed, extension) == changed


def extension_kind(name: str) -> str:
    return content_type_of(b"", name)


@pytest.mark.parametrize(
    ("name", "extension", "changed"),
    [
        ("a.png", ".jpg", "a.jpg"),
        ("a.jpeg", ".jpg", "a.jpeg"),
        ("a.JPG", ".jpg", "a.JPG"),
        ("a", ".jpg", "a.jpg"),
        ("v1.2", ".mp4", "v1.2.mp4"),
        ("a.bin", ".mp4", "a.mp4"),
        ("x" * 120, ".mp4", "x" * 116 + ".mp4"),
    ],
)
def test_an_extension_is_replaced_only_where_it_is_one(name: str, extension: str, changed: str) -> None:
    assert with_extension(name, extension) == changed


@given(ANYTHING | HOSTILE)
def test_numbered_names_are_safe_and_differ(name: str) -> None:
    names = list(itertools.islice(numbered(safe_name(name)), 12))
    assert len({n.casefold() for n in names}) == 12
    for each in names:
        assert_safe(each)


def test_numbers_come_before_the_extension() -> None:
    assert list(itertools.islice(numbered("a.tar.gz"), 3)) == ["a.tar.gz", "a.tar_2.gz", "a.tar_3.gz"]
    assert shortened("x" * 120 + ".png", 100, "-7") == "x" * 94 + "-7.png"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/b/cat%20one.png?X-Amz-Signature=abc#f", "cat one.png"),
        ("https://host/a/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "_.._etc_passwd"),
        ("https://host/", "download"),
        ("https://host", "download"),
        ("https://host/folder/", "folder"),
    ],
)
def test_a_name_from_a_url(url: str, name: str) -> None:
    assert name_of_url(url) == name


@given(ANYTHING | HOSTILE)
def test_a_safe_name_can_be_made_on_this_system(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "names"
    folder.mkdir(exist_ok=True)
    path: Path = folder / safe_name(name)
    path.write_bytes(b"x")
    assert path.parent == folder
    path.unlink()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a\u200bb\u200dc\u2060d\u00ade.png", "abcde.png"),
        ("\u3164\u2800.png", "png"),
        ("\u202dphoto\u202egpj.exe", "photogpj.exe"),
        ("tag\U000e0041.png", "tag.png"),
        (os.fsdecode(b"caf\xe9.png"), "caf_.png"),
        ("NUL", "_NUL"),
        ("com1 .png", "_com1 .png"),
        ("a:b.png", "a_b.png"),
        ("photo.png. . ", "photo.png"),
        ("\x1b]0;title\x07.png", "]0;title.png"),
    ],
)
def test_what_nobody_sees_and_what_systems_reserve_is_left_out(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("图片.png", "u56fe-u7247.png"),
        ("кот.jpeg", "u43a-u43e-u442.jpeg"),
        ("Übung déjà vu.mp4", "Ubung-deja-vu.mp4"),
        ("cafe\u0301.png", "cafe.png"),
        ("my 猫 photo.png", "my-u732b-photo.png"),
        ("🐈.png", "file.png"),
        ("---.png", "file.png"),
        ("ﬁle №5.wav", "file-No5.wav"),
        ("a.tar.gz", "a.tar.gz"),
        ("file", "file"),
        (
            "漢" * 38 + ".webm",
            "u6f22-" * 12 + "u6f.webm",
        ),
        ("x" * 300 + ".png", "x" * 76 + ".png"),
    ],
)
def test_a_name_in_ascii_keeps_its_extension_and_stays_recognisable(name: str, plain: str) -> None:
    assert ascii_name(name) == plain


@given(ANYTHING | HOSTILE)
def test_a_name_in_ascii_fits_into_a_url(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", ascii_name(safe_name(name)))
