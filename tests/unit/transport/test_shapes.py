"""Shapes of replies: what is kept of a reply, and that no value of the traffic is."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._transport.shape_tallies import Shapes, add_members, add_shapes, parse_shapes, written
from a2e_async._transport.shapes import Members, operation_of, shape_of, strings_in

TASK = {
    "_id": "67d2f1a2b3c4d5e6f7a8b9c0",
    "current_status": "processing",
    "name": "Alice's cat",
    "result_url": "https://cdn.example.com/a.mp4?token=abc",
    "failed_message": "",
    "coins": 30,
    "ratio": 1.5,
    "urls": [],
    "error": None,
}


def shape(body: Any, *asked: str) -> Members:
    return shape_of(json.dumps(body).encode(), frozenset(asked))


def test_names_and_types_are_kept() -> None:
    found = shape({"code": 0, "data": {"rows": [TASK, TASK]}})
    assert found["data.rows"] == {"array": 1}
    assert found["data.rows[]"] == {"object": 2}
    assert found["data.rows[].name"] == {"string": 2}
    assert found["data.rows[].failed_message"] == {"string": 2, "empty": 2}
    assert found["data.rows[].result_url"] == {"string": 2, "url": 2}
    assert found["data.rows[].coins"] == {"integer": 2}
    assert found["data.rows[].ratio"] == {"number": 2}
    assert found["data.rows[].urls"] == {"array": 2, "empty": 2}
    assert found["data.rows[].error"] == {"null": 2}


def test_values_are_kept_of_statuses_and_of_the_code() -> None:
    found = shape({"code": 1003, "data": TASK})
    assert found["code"]["values"] == {"1003": 1}
    assert found["data.current_status"]["values"] == {"processing": 1}
    assert [place for place, tally in found.items() if "values" in tally] == ["code", "data.current_status"]


@pytest.mark.parametrize(
    "value",
    [
        "67d2f1a2b3c4d5e6f7a8b9c0",
        "sk_live",
        "a red kite",
        "alice@example.com",
        "https://e.com/a",
        "x" * 40,
        "qwrtzpsdfg",
        "+49 170 1234567",
        123456,
        -1,
        1.5,
        True,
    ],
)
def test_a_status_that_looks_like_a_value_is_not_kept(value: object) -> None:
    assert "values" not in shape({"status": value})["status"]


def test_a_status_that_was_sent_is_not_kept() -> None:
    assert "values" not in shape({"status": "alice"}, "alice")["status"]


@pytest.mark.parametrize(
    "key",
    [
        "67d2f1a2b3c4d5e6f7a8b9c0",
        "2f1b9c1e-8f0a-4d5e-9c3b-1a2b3c4d5e6f",
        "sk_live_51H8abc",
        "alice@example.com",
        "a red kite",
        "https://e.com/a.png",
        "1700000000",
        "QmFzZTY0IGlzIG5vdA",
        "cat.png",
        "",
        "ключ",
        "deadbeef",
    ],
)
def test_a_key_that_looks_like_a_value_is_a_star(key: str) -> None:
    assert set(shape({"data": {key: {"width": 3}}})) == {"", "data", "data.*", "data.*.width"}


@pytest.mark.parametrize(
    "key",
    [
        *(
            "_id",
            "id",
            "createdAt",
            "current_status",
            "result_bg_url",
            "image_urls",
            "faild_message",
            "url_720p",
        ),
        *("mp3", "r2Key", "subtitleSrt", "__v", "isH264", "x264_url", "trace_id", "html5Url", "kb"),
    ],
)
def test_names_of_members_are_kept(key: str) -> None:
    assert key in shape({key: 1})


def test_maps_are_found_by_what_is_in_them_and_by_what_was_asked_for() -> None:
    one = {"width": 1, "height": 2}
    assert "data.*.width" in shape({"data": {"alice": one, "bob": one}})
    assert "data.*.width" in shape(
        {"data": {f"cat{chr(97 + i // 26)}{chr(97 + i % 26)}": one for i in range(80)}}
    )
    asked = strings_in("/api/v1/x/bob", "/api/v1/x/{name}", ({"page": 1}, {"ids": ["alice"]}))
    assert asked == {"bob", "alice"}
    assert set(shape({"alice": 1, "bob": 2, "width": 3}, *asked)) == {"", "*", "width"}


def test_large_lists_are_sampled_and_deep_replies_end() -> None:
    found = shape({"data": [{"n": n} for n in range(100_000)]})
    assert found["data[]"]["object"] <= 24
    deep: Any = 1
    for _ in range(90):
        deep = {"a": deep}
    assert len(shape(deep)) <= 14
    assert len(shape({f"{a}{b}_x": {"k": 1, a: 2} for a in "abcdefgh" for b in "abcdefg"})) < 200


@pytest.mark.parametrize(
    ("content", "kind"), [(b"", "empty"), (b" \n", "empty"), (b"<html>", "html"), (b"busy", "text")]
)
def test_what_is_not_json_is_counted(content: bytes, kind: str) -> None:
    assert shape_of(content) == {"": {kind: 1}}


@pytest.mark.parametrize(
    ("path", "template", "name"),
    [
        ("/api/v1/userX/67d2", "/api/v1/userX/{_id}", "GET /api/v1/userX/{_id}"),
        ("/api/v1/userX/start", "", "GET /api/v1/userX/start"),
        ("/api/v1/userX/queueLevel", "", "GET /api/v1/userX/queueLevel"),
        ("/api/v1/userX/67d2f1a2b3c4d5e6f7a8b9c0", "", "GET /api/v1/userX/*"),
        ("/api/v1/userX/detail/alice", "", "GET /api/v1/userX/detail/*"),
        ("/api/v1/userX/alice@example.com", "", "GET /api/v1/userX/*"),
    ],
)
def test_operations_are_known_without_ids(path: str, template: str, name: str) -> None:
    assert operation_of("GET", path, template) == name


ids = st.one_of(
    st.text("0123456789abcdef", min_size=24, max_size=24),
    st.uuids().map(str),
    st.integers(100_000, 10**15).map(str),
    st.text(string.ascii_letters + string.digits + "_-", min_size=16, max_size=30).map(
        lambda one: f"sk_7{one}"
    ),
)
words = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8), min_size=2, max_size=5)
values = st.one_of(
    ids,
    ids.map(lambda one: f"https://cdn.example.com/{one}.mp4?sig={one}"),
    words.map(" ".join),
    words.map(lambda some: f"{'.'.join(some)}@example.com"),
    st.text(string.printable, min_size=8).filter(lambda one: not one.isidentifier()),
)
numbers = st.one_of(st.integers(min_value=100_000), st.floats(allow_nan=False, min_value=1e6), st.booleans())
names = st.sampled_from(
    ["_id", "status", "current_status", "name", "result_url", "data", "rows", "code", "url"]
)
leaves = st.one_of(values, numbers, st.none())
replies = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(names, inner, max_size=5),
        st.dictionaries(ids, inner, min_size=1, max_size=4),
        st.dictionaries(values, inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


def said(body: Any) -> set[str]:
    """All texts and numbers of a reply, those of its keys too, without the names of members."""
    if isinstance(body, dict):
        keys = {key for key in body if key not in KNOWN}
        return keys.union(*map(said, body.values()))
    if isinstance(body, list):
        return set[str]().union(*map(said, body))
    return {str(body)} if isinstance(body, str | int | float) and not isinstance(body, bool) else set()


KNOWN = {"_id", "status", "current_status", "name", "result_url", "data", "rows", "code", "url"}


@given(body=replies, path_id=ids, sent=st.lists(words.map("_".join), max_size=2))
def test_no_value_of_the_traffic_is_in_the_file(body: Any, path_id: str, sent: list[str]) -> None:
    path = f"/api/v1/userPicture/{path_id}"
    asked = strings_in(path, "", ({"q": sent},))
    body = {"data": body, **{one: {"status": one, "url": f"https://e.com/{one}"} for one in sent}}

    shapes: Shapes = {}
    members = shape_of(json.dumps(body).encode(), asked)
    add_members(shapes, operation_of("GET", path, ""), "200", members)
    text = written(shapes)

    for value in {*said(body), path_id, *sent}:
        if len(value) >= 6:  # shorter ones are in the counts and in the words of the format
            assert value not in text
            assert json.dumps(value)[1:-1] not in text


@given(bodies=st.lists(replies, min_size=2, max_size=4))
def test_the_order_of_merging_does_not_matter(bodies: list[Any]) -> None:
    one: Shapes = {}
    parts: list[Shapes] = []
    for body in bodies:
        members = shape_of(json.dumps({"data": body}).encode())
        add_members(one, "GET /x", "200", members)
        part: Shapes = {}
        add_members(part, "GET /x", "200", members)
        parts.append(part)

    merged: Shapes = {}
    for part in reversed(parts):
        add_shapes(merged, parse_shapes(written(part)))
    assert merged == one


def test_many_statuses_are_no_enum_and_many_names_are_a_map() -> None:
    shapes: Shapes = {}
    for first in "abcdefghijklmnopqrstuvwxyz":
        for second in "abcd":
            word = f"ba{first}e{second}"
            body = {"status": word, "people": {word: {"age": 1, "n": 2}}}
            add_members(shapes, "GET /x", "200", shape(body))

    members = shapes["GET /x"]["200"]["members"]
    assert members["status"]["values"] == {"*": 104}
    assert set(members) == {"", "status", "people", "people.*", "people.*.age", "people.*.n"}
    assert members["people.*.age"] == {"integer": 104}
    assert members["people"] == {"object": 104, "map": 1}
    assert shapes["GET /x"]["200"]["replies"] == 104


def test_a_sum_is_bounded() -> None:
    shapes: Shapes = {}
    for number in range(550):
        members: Members = {f"a{number % 40}.b{n}": {"string": 1} for n in range(60)}
        add_members(shapes, f"GET /{number}", "200", members)
    assert len(shapes) == 500
    assert sum(len(one["200"]["members"]) for one in shapes.values()) <= 20_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("[1]", "not a file of shapes"),
        ('{"prompts": 1}', "not a file of shapes"),
        ('{"format": "a2e-shapes", "version": 2}', "version 2, not 1"),
        (
            '{"format": "a2e-shapes", "version": 1, "operations": {"GET /x": {"200": {"replies": -1}}}}',
            "damaged",
        ),
        ('{"format": "a2e-shapes", "version": 1, "operations": []}', "damaged"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_another_file_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_shapes(text)
