"""Calls: each bad argument is refused by name before anything is sent."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._spec.field import Field, checked_id, shown
from a2e_async._spec.media import Upload
from a2e_async._spec.operation import Operation, Paging, many, one, raw, rows_of, text, with_body
from a2e_async.errors import A2EError, InvalidArgument
from tests.unit.sample import BATCH_DETAIL, DELETE, GET, LIST, START, PictureRecord

UPLOAD = Upload("https://cdn.test/a.png", "0" * 64, 3, "image/png")


def refusal(operation: Operation[Any], values: Mapping[str, Any], **options: Any) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as info:
        operation.call(values, options)
    return info.value


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("prompt", None, "is required"),
        ("prompt", 7, "7 is not a string"),
        ("prompt", b"x", "is not a string"),
        ("prompt", True, "is not a string"),
        ("prompt", "x" * 2001, "at most 2000 characters"),
        ("max_images", 0, "at least 1"),
        ("max_images", 9, "at most 8"),
        ("max_images", 1.5, "is not a whole number"),
        ("max_images", "3", "is not a whole number"),
        ("max_images", True, "is not a whole number"),
        ("source_urls", "https://a.test/x", "is not a list"),
        ("source_urls", {"https://a.test/x"}, "is not a list"),
        ("source_urls", [f"https://a.test/{n}" for n in range(5)], "at most 4 items"),
        ("style", [], "is not a mapping"),
        ("style", "bold", "is not a mapping"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: object, problem: str) -> None:
    error = refusal(START, {"prompt": "x", name: value})
    assert error.field == name
    assert str(error).startswith(f"{name}: ")
    assert problem in str(error)
    assert isinstance(error, A2EError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("source_urls", ["https://a.test/x", "no url"], "source_urls[1]"),
        ("source_urls", ["https://a.test/x", None], "source_urls[1]"),
        ("style", {"reference_url": "no url"}, "style.reference_url"),
        ("style", {"weight": "heavy"}, "style.weight"),
        ("style", {"weight": math.nan}, "style.weight"),
        ("style", {"weight": math.inf}, "style.weight"),
    ],
)
def test_a_bad_member_is_named_with_its_place(name: str, value: object, where: str) -> None:
    assert refusal(START, {"prompt": "x", name: value}).field == where


@pytest.mark.parametrize(
    "value",
    [
        "cat.png",
        "/tmp/cat.png",
        "C:\\cat.png",
        "https://a.test/a b.png",
        "",
        " https://a.test/x",
        "https:",
        7,
        None,
        [],
        object(),
    ],
)
def test_what_is_no_media(value: object) -> None:
    error = refusal(START, {"prompt": "x", "source_urls": [value]})
    assert error.field == "source_urls[0]"
    if isinstance(value, str):
        assert "pathlib.Path" in str(error)


@pytest.mark.parametrize("value", ["https://a.test/x", "data:image/png;base64,AAAA", b"x", UPLOAD])
def test_media(value: object) -> None:
    call = START.call({"prompt": "x", "source_url": value}, {})
    assert call.body == {"prompt": "x", "source_url": value}


def test_a_file_must_be_there_and_hold_something(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    full = tmp_path / "full.png"
    full.write_bytes(b"x")
    assert START.call({"prompt": "x", "source_url": full}, {}).body == {"prompt": "x", "source_url": full}
    for bad in (empty, tmp_path, Path("a\0b"), full / "below"):
        assert refusal(START, {"prompt": "x", "source_url": bad}).field == "source_url"
    assert refusal(START, {"prompt": "x", "source_url": b""}).field == "source_url"


def test_a_job_may_name_a_file_that_is_gone(tmp_path: Path) -> None:
    """A job that has ended does not need its files. The start refuses such a file."""
    for gone in (tmp_path / "missing.png", tmp_path / "moved" / "missing.png"):
        assert START.call({"prompt": "x", "source_url": gone}, {}).body == {"prompt": "x", "source_url": gone}


def test_a_file_that_may_not_be_seen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", closed)
    error = refusal(START, {"prompt": "x", "source_url": Path("closed/x.png")})
    assert error.field == "source_url"
    assert "Permission denied" in str(error)


def test_none_is_not_sent_and_false_and_zero_are() -> None:
    operation = Operation(
        "POST", "/x", raw, body=(Field("a", int), Field("b", bool), Field("c", str)), has_body=True
    )
    assert operation.call({"a": 0, "b": False, "c": None}, {}).body == {"a": 0, "b": False}


def test_wire_names() -> None:
    operation = Operation(
        "POST",
        "/x",
        raw,
        query=(Field("page_size", int, "pageSize"),),
        body=(Field("from_", str, "from"),),
        has_body=True,
    )
    call = operation.call({"page_size": 3, "from_": "a"}, {})
    assert (call.query, call.body) == ({"pageSize": 3}, {"from": "a"})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from([str, int, float, bool, list, dict, object]),
    st.fixed_dictionaries(
        {},
        optional={
            "minimum": st.just(1),
            "maximum": st.just(5),
            "min_length": st.just(1),
            "max_length": st.just(3),
            "min_items": st.just(1),
            "max_items": st.just(2),
            "pattern": st.just("^a"),
            "choices": st.just((1, "a", None)),
            "media": st.booleans(),
            "item": st.just(Field("", str)),
            "fields": st.just((Field("x", int, required=True),)),
        },
    ),
)
def test_any_value_under_any_declaration_passes_or_is_refused(
    value: object, kind: type, limits: dict[str, Any]
) -> None:
    """Whatever the document declares, also where a limit does not go with the kind."""
    try:
        Field("thing", kind, **limits).check(value)
    except InvalidArgument as error:
        assert error.field.startswith("thing")  # noqa: PT017 - one of two outcomes


# Paths and ids.


@pytest.mark.parametrize("id", ["67d2c0ffee67d2c0ffee67d2", "a", "A-b_9", "x" * 128])
def test_ids(id: str) -> None:
    assert GET.call({"id": id}, {}).path == f"/api/v1/userPicture/{id}"
    assert DELETE.call({"id": id}, {}).path.endswith(id)


@pytest.mark.parametrize(
    "id",
    [
        "",
        "a/b",
        "../a",
        ".",
        "..",
        "a.b",
        "a?b",
        "a#b",
        "a%2Fb",
        "a b",
        "a\n",
        "é",
        "x" * 129,
        7,
        None,
        b"a",
        True,
    ],
)
def test_what_cannot_stand_in_a_path(id: Any) -> None:
    assert refusal(GET, {"id": id}).field == "id"


@given(st.text(max_size=20))
def test_an_id_never_leaves_its_place(id: str) -> None:
    try:
        path = GET.call({"id": id}, {}).path
    except InvalidArgument:
        return
    assert path == f"/api/v1/userPicture/{id}"
    assert set(id) <= set(string.ascii_letters + string.digits + "_-")


def test_checked_id_names_its_keyword() -> None:
    with pytest.raises(InvalidArgument) as info:
        checked_id("video_id", "a/b")
    assert info.value.field == "video_id"


# What every call takes besides.


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, "60", True, [1]])
def test_request_timeouts_that_are_none(timeout: Any) -> None:
    assert refusal(GET, {"id": "a"}, request_timeout=timeout).field == "request_timeout"


def test_a_request_timeout() -> None:
    assert GET.call({"id": "a"}, {"request_timeout": 90}).timeout == 90


@pytest.mark.parametrize("keyword", ["promt", "sourceurl", "requst_timeout", "x"])
def test_an_unknown_keyword_is_named(keyword: str) -> None:
    error = refusal(START, {"prompt": "x"}, **{keyword: 1})
    assert error.field == keyword
    assert "unknown keyword" in str(error)


def test_an_unknown_keyword_gets_a_hint() -> None:
    assert "did you mean 'prompt'?" in str(refusal(START, {}, promt="x"))


@pytest.mark.parametrize("name", ["extra_headers", "extra_query", "extra_body"])
@pytest.mark.parametrize("value", [None, "x", ["a"], 7])
def test_extras_that_are_no_mapping(name: str, value: Any) -> None:
    assert refusal(START, {"prompt": "x"}, **{name: value}).field == name


@pytest.mark.parametrize(
    "header",
    [
        "Authorization",
        "authorization",
        "AUTHORIZATION",
        "Host",
        "Content-Length",
        "content-type",
        "Transfer-Encoding",
    ],
)
def test_headers_that_cannot_be_replaced(header: str) -> None:
    assert refusal(GET, {"id": "a"}, extra_headers={header: "x"}).field == f"extra_headers.{header}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"),
        ("a b", "x"),
        (" authorization", "x"),
        ("authorization\n", "x"),
        ("a:b", "x"),
        ("é", "x"),
        (7, "x"),
        (None, "x"),
        ("x-a", "a\r\nAuthorization: Bearer other"),
        ("x-a", "a\n"),
        ("x-a", " a"),
        ("x-a", "é"),
        ("x-a", "\x00"),
        ("x-a", 7),
        ("x-a", None),
        ("x-a", b"a"),
    ],
)
def test_headers_that_cannot_be_sent(name: Any, value: Any) -> None:
    error = refusal(GET, {"id": "a"}, extra_headers={name: value})
    assert error.field.startswith("extra_headers.")


def test_a_refused_header_does_not_show_its_value() -> None:
    assert "hunter2" not in str(refusal(GET, {"id": "a"}, extra_headers={"x-key": "hunter2\n"}))


def test_headers_that_can_be_sent() -> None:
    headers = {"x-lang": "en-US", "X-Trace": "a b\tc", "x-empty": ""}
    assert GET.call({"id": "a"}, {"extra_headers": headers}).headers == headers


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, b"x", object()])
def test_query_values_that_cannot_be_sent(value: Any) -> None:
    assert refusal(GET, {"id": "a"}, extra_query={"x": value}).field == "extra_query.x"


def test_an_extra_query_joins_the_declared_one() -> None:
    call = LIST.call({"page_size": 3}, {"extra_query": {"status": "failed", "deep": True, "n": 1.5}})
    assert call.query == {"pageSize": 3, "status": "failed", "deep": True, "n": 1.5}


def test_an_extra_body_wins_and_stands_in_for_what_is_required() -> None:
    call = START.call({"size": "small"}, {"extra_body": {"prompt": 7, "size": "huge", "new": [1]}})
    assert call.body == {"prompt": 7, "size": "huge", "new": [1]}


def test_a_free_form_body() -> None:
    options = with_body({"a": 1, "b": 2}, {"extra_body": {"b": 3}})
    assert options["extra_body"] == {"a": 1, "b": 3}
    assert with_body(None, {}) == {}
    with pytest.raises(InvalidArgument, match="body"):
        with_body("x", {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"extra_body": {"minor_suspected_skip": True}},
        {"extra_body": {"Minor_Suspected_Skip": 0}},
        {"extra_body": {"requestBody": {"minor_suspected_skip": True}}},
        {"extra_body": {"list": [{"minor_suspected_skip": None}]}},
        {"extra_query": {"minor_suspected_skip": "true"}},
    ],
)
def test_the_switch_that_overrides_a_finding_about_a_minor_is_never_sent(options: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="does not send it"):
        START.call({"prompt": "x"}, options)


def test_a_prompt_may_speak_of_it() -> None:
    START.call({"prompt": '{"minor_suspected_skip": true}'}, {})


def test_a_typed_mapping_cannot_carry_it_either() -> None:
    with pytest.raises(InvalidArgument, match="does not send it"):
        START.call({"prompt": "x", "style": {"minor_suspected_skip": True}}, {})


# Replies and repeating.


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ([1, 2], [1, 2]),
        ({"rows": [1], "count": 9}, [1]),
        ({"list": [1]}, [1]),
        ({"data": [1]}, [1]),
        ({"rows": None, "list": [1]}, [1]),
        ({"rows": []}, []),
        ({}, []),
        (None, []),
        ({"message": "nothing"}, []),
        ({"records": [1]}, [1]),
        ({"items": [1], "total": 1}, [1]),
        ({"data": {"rows": [1], "count": 1}}, [1]),
        ({"rows": None, "count": 0}, []),
        ({"rows": {}, "count": 0}, []),
    ],
)
def test_rows_in_every_wrapping(data: object, rows: list[object]) -> None:
    assert list(rows_of(data)) == rows


@pytest.mark.parametrize(
    "data",
    ["text", 7, {"a": 1}, {"rows": 7}, True, {"rows": {"a": 1}}, {"data": {"data": {"data": {"data": []}}}}],
)
def test_what_is_no_list_is_said_so(data: object) -> None:
    with pytest.raises(TypeError):
        rows_of(data)


def test_a_body_that_is_not_declared_is_sent_only_if_it_is_given() -> None:
    undeclared = Operation("POST", "/api/v1/a/b", raw, has_body=True)
    assert undeclared.call({}, {}).body is None
    assert undeclared.call({}, {"extra_body": {}}).body == {}
    assert undeclared.call({}, with_body({"a": 1}, {})).body == {"a": 1}

    declared = Operation("POST", "/api/v1/a/b", raw, body=(Field("a", int),), has_body=True)
    assert declared.call({}, {}).body == {}


def test_one_record_or_a_list_of_one() -> None:
    decode = one(PictureRecord)
    assert decode({"_id": "a"}).id == "a"
    assert decode([{"_id": "a"}]).id == "a"
    for data in ([], "x", None, [7]):
        with pytest.raises(TypeError):
            decode(data)
    assert [record.id for record in many(PictureRecord)({"rows": [{"_id": "a"}, 7]})] == ["a"]


@pytest.mark.parametrize(
    "data",
    [
        "https://x",
        ["https://x"],
        {"audio_url": "https://x"},
        {"audioUrl": "https://x", "coins": 1},
        {"url": "https://x"},
        {"_id": "a", "status": "completed", "result": "https://x"},
        {"audio": {"url": "https://x"}, "duration": 3},
        {"data": {"audio_url": "https://x"}},
        [{"tts_url": "https://x"}],
        {"audio_url": "", "result_url": "https://x"},
    ],
)
def test_a_text_or_the_object_around_its_url(data: object) -> None:
    assert text(data) == "https://x"


@pytest.mark.parametrize(
    "data",
    [
        "",
        None,
        7,
        {},
        [],
        ["https://x", "https://y"],
        {"url": "x"},
        {"msg": "https://x"},
        {"audio_url": None},
    ],
)
def test_what_is_no_text_is_said_so(data: object) -> None:
    with pytest.raises(TypeError):
        text(data)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("last", ["{_id}", "list", "batchDetail", "quote", "retry", "start"])
def test_nothing_is_sent_twice_because_of_its_verb_or_its_name(method: str, last: str) -> None:
    assert not Operation(method, f"/api/v1/x/{last}", raw).repeatable
    assert Operation(method, f"/api/v1/x/{last}", raw, repeatable=True).repeatable


def test_a_batch_of_ids() -> None:
    assert BATCH_DETAIL.call({"ids": ["a", "b"]}, {}).body == {"ids": ["a", "b"]}
    assert refusal(BATCH_DETAIL, {"ids": "a"}).field == "ids"
    assert Paging().page is None


def test_large_values_are_not_shown_whole() -> None:
    assert len(shown("x" * 10_000_000)) < 100
    assert len(shown(b"x" * 10_000_000)) < 100
    assert len(str(refusal(START, {"prompt": b"x" * 10_000_000}))) < 200


def test_a_value_that_cannot_even_be_printed_is_refused() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    assert refusal(START, {"prompt": Rude()}).field == "prompt"
