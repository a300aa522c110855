"""Requests that no client should send: the sandbox refuses them, and goes on answering by its document."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from a2e_async.sandbox.document import load_document
from a2e_async.sandbox.operations import SpecOperation
from tests.sandbox.kit import ANCHOR, STARTS, Talker, data, start_body, talking

OPERATIONS = load_document().operations
LISTS = [one for one in OPERATIONS if one.parameters and one.method == "GET"]
NUMBERS = ("-1", "0", "-99999999999999999999", "99999999999999999999", "9" * 5000, "nan", "1e400", "")

BROKEN = (
    b"[]", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": %b}' % (b"9" * 5000), b"[" * 20_000,
    b'{"a": %b%b}' % (b"[" * 300, b"]" * 300), b'{"name": "\\ud800"}', b'{"\\udfff": 1}',
)  # fmt: skip
"""Bodies that are no JSON objects in UTF-8."""


@pytest.fixture(scope="module")
def talker() -> Iterator[Talker]:
    with talking(coins=10**12) as talker:
        for route in STARTS:
            talker.post(route, STARTS[route])
        yield talker


def check(operation: SpecOperation, reply: httpx.Response, what: Any) -> None:
    assert reply.status_code < 500, what
    if reply.headers["content-type"].startswith("application/json"):
        raw = json.loads(reply.content, parse_constant=pytest.fail)
        assert operation.reply_problems(reply.status_code, raw) == [], what


def path_of(operation: SpecOperation) -> str:
    return re.sub(r"\{\w+\}", ANCHOR, "/".join(operation.segments))


@pytest.mark.parametrize("operation", LISTS, ids=lambda one: one.name)
def test_odd_numbers_in_a_query_are_refused_or_bounded(talker: Talker, operation: SpecOperation) -> None:
    for parameter in operation.parameters:
        for text in NUMBERS:
            reply = talker.get(path_of(operation), **{parameter.name: text})
            check(operation, reply, (parameter.name, text))


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("route", ["userUpscale/start", "anchor/list"])
def test_a_broken_body_is_refused(talker: Talker, route: str, body: bytes) -> None:
    reply = talker.http.post(route, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400, reply.text
    assert "must be a JSON object" in reply.text


@pytest.mark.parametrize("route", STARTS)
def test_a_record_repeats_nothing_that_it_declares_otherwise(talker: Talker, route: str) -> None:
    operation = next(one for one in OPERATIONS if "/".join(one.segments) == route)
    odd = {name: [5] for name in operation.record_fields - operation.body_fields.keys()}
    reply = talker.post(route, {**start_body(route), **odd})
    check(operation, reply, odd)


def test_an_undeclared_member_is_repeated(talker: Talker) -> None:
    assert talker.start("headSwap/start", made_up=5)["made_up"] == 5


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/bytes/%C2%B2", 404),
        (f"/files/bytes/{'9' * 5000}", 404),
        ("/files/bytes/-1", 404),
        ("/cdn/%00", 404),
        ("/results/x/%C2%B2", 404),
        ("/sandbox/nothing", 404),
    ],
)
def test_an_odd_path_is_refused(talker: Talker, path: str, status: int) -> None:
    assert talker.files.get(talker.sandbox.origin + path).status_code == status


def test_an_odd_range_is_refused_or_ignored(talker: Talker) -> None:
    url = talker.sandbox.file_url(100)
    for text in (f"bytes=0-{'9' * 5000}", "bytes=-", "bytes=0-1,3-4", "bytes=5-2"):
        assert talker.files.get(url, headers={"range": text}).status_code in (200, 416)


def test_a_client_that_leaves_a_large_download_does_not_hold_the_server(talker: Talker) -> None:
    host, port = talker.sandbox.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as plain:
        plain.sendall(f"GET /files/bytes/{10**15} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert plain.recv(1000).startswith(b"HTTP/1.1 200")
    assert data(talker.get("user/remainingCoins"))["diamonds"] >= 0


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("clock", '{"advance": NaN}'),
        ("clock", '{"advance": "nan"}'),
        ("clock", '{"advance": 1e400}'),
        ("clock", '{"advance": 1e17}'),
        ("clock", '{"advance": -1}'),
        ("coins", '{"coins": 1e400}'),
        ("coins", '{"coins": "many"}'),
        ("faults", "[5]"),
        ("script", "[" * 20_000),
    ],
)
def test_an_odd_control_request_is_refused(talker: Talker, route: str, body: str) -> None:
    method = "PUT" if route in ("coins", "faults") else "POST"
    reply = talker.files.request(method, f"{talker.sandbox.origin}/sandbox/{route}", content=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["message"]
    assert talker.files.get(f"{talker.sandbox.origin}/sandbox/clock").json()["now"] < 1e6
