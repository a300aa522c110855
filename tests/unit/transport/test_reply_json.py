"""JSON that later steps could trip over: odd numbers, broken characters, and nesting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from a2e_async._transport.reply_json import decode_json


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": 1, "b": [1.5, null, true]}', {"a": 1, "b": [1.5, None, True]}),
        (b"\xef\xbb\xbf[1]", [1]),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        ("\ufeff[1]", [1]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"' + "é".encode()[:1] + b'"', "\ufffd"),
        (b'["\xed\xa0\x80"]', ["\ufffd\ufffd\ufffd"]),
        (b'["\\ud83d\\ude00", {"\\ud83d": "x\\uDE00"}]', ["\U0001f600", {"\ufffd": "x\ufffd"}]),
        (b"[NaN, Infinity, -Infinity, 1e999]", ["NaN", "Infinity", "-Infinity", "1e999"]),
        (b"[" + b"9" * 300 + b"]", [int("9" * 300)]),
        (b"[" + b"9" * 5000 + b"]", ["9" * 5000]),
        (b"[" * 90 + b"]" * 90, json.loads("[" * 90 + "]" * 90)),
        (b'"' + b"[{" * 1000 + b'"', "[{" * 1000),
    ],
)
def test_what_is_read(content: bytes | str, value: Any) -> None:
    decoded = decode_json(content)
    assert decoded == value
    json.dumps(decoded, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "content",
    [
        *(b"[" * depth + b"]" * depth for depth in (102, 900, 5000, 100_000)),
        *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (102, 900, 5000, 100_000)),
        b'{"data": [' + b'{"a": [' * 200 + b"]}" * 200 + b"]}",
    ],
    ids=len,
)
def test_deep_nesting_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        decode_json(content)


def test_millions_of_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="too many objects and lists"):
        decode_json(b"[" + b"[]," * 300_000 + b"1]")


@pytest.mark.parametrize("content", [b"", b"x", b"\x00", b"\xff\xfe", b"[1", b"'a'", b"1 2"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra|char"):
        decode_json(content)
