"""Values of other libraries where plain ones are meant. Stand-ins do what those values can do."""

from __future__ import annotations

import enum
import io
import math
import tracemalloc
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from http import HTTPMethod
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from a2e_async import A2E, RetryPolicy
from a2e_async._spec.media import is_file
from a2e_async.by_convention import operation_of
from a2e_async.checks import check_number, check_positive, check_whole, shown
from a2e_async.errors import InvalidArgument
from tests.unit.sample import LIST, START, TOKEN, Pictures, Service, client

URL = "https://a.test/x.png"


@attrs.frozen(eq=False)
class Scalar:
    """A scalar of numpy: it has an item and no dimension."""

    value: Any
    ndim: int = 0

    def item(self) -> Any:
        return self.value

    def __index__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)


@attrs.frozen(eq=False)
class Array:
    """An array or a series. One of a single element could pass for a number."""

    elements: Sequence[Any]
    ndim: int = 1

    def tolist(self) -> list[Any]:
        return list(self.elements)

    def item(self) -> Any:
        return self.elements[0]

    def __index__(self) -> int:
        return int(self.elements[0])

    def __float__(self) -> float:
        return float(self.elements[0])


@attrs.frozen(eq=False)
class Address:
    """A URL object."""

    text: str
    scheme: str = "https"
    host: str | None = "a.test"

    def __str__(self) -> str:
        return self.text


class NAType:
    """The missing value of pandas, which is neither true nor false."""

    def __eq__(self, other: object) -> Any:
        return self

    def __ne__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "<NA>"


class NaT:
    """A missing time: it differs from itself."""

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0


class Secret:
    """A text that pydantic hides from logs."""

    def get_secret_value(self) -> str:
        return "hidden"


class Text(str):
    """A text with a different opinion of itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Title(str, enum.Enum):  # noqa: UP042 - str() of such a member is its name
    SMALL = "small"
    SITE = URL


class Plain(enum.Enum):
    THREE = 3
    TRUE = True
    SMALL = "small"


class Level(enum.IntEnum):
    THREE = 3


class Image:
    """A picture of Pillow."""

    format = None
    mode = "RGB"

    def save(self, fp: Any, format: str | None = None) -> None: ...


class AsyncFile:
    """An upload of a web framework."""

    async def read(self, size: int = -1) -> bytes:
        return b"x"


def name_of(value: Any) -> str:
    return type(value).__name__


def body(**values: Any) -> dict[str, Any]:
    return dict(START.call({"prompt": "x", **values}, {}).body or {})


def refusal(**values: Any) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as info:
        body(**values)
    return info.value


@pytest.mark.parametrize(
    "value",
    [3, 3.0, Scalar(3), Scalar(3.0), Decimal(3), Decimal("3.0"), Fraction(6, 2), Level.THREE, Plain.THREE],
    ids=name_of,
)
def test_whole_numbers_of_any_library(value: Any) -> None:
    taken = body(max_images=value)["max_images"]
    assert (taken, type(taken)) == (3, int)


@pytest.mark.parametrize(
    "value",
    [
        3.5,
        Decimal("3.5"),
        Scalar(True),
        Plain.TRUE,
        True,
        "3",
        b"3",
        Array([3]),
        3 + 0j,
        Scalar(3 + 0j),
        Decimal("sNaN"),
        10**400,
        int,
    ],
    ids=name_of,
)
def test_what_is_no_whole_number(value: Any) -> None:
    assert refusal(max_images=value).field == "max_images"


@pytest.mark.parametrize("value", [math.nan, Scalar(math.nan), Decimal("NaN"), NAType(), NaT()], ids=name_of)
@pytest.mark.parametrize("name", ["max_images", "size", "source_url", "prompt"])
def test_missing_values_are_refused_and_none_is_what_to_give(name: str, value: Any) -> None:
    error = refusal(**{name: value})
    assert error.field == name
    assert "give None for a value that is missing" in str(error)
    assert "extra_body" not in str(error)  # where it would be refused as well


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, math.nan, Decimal("Infinity"), Scalar(math.inf)], ids=name_of
)
def test_numbers_that_json_does_not_have(value: Any) -> None:
    assert refusal(style={"weight": value}).field == "style.weight"
    assert refusal(style={"more": [value]}).field == "style.more[0]"
    with pytest.raises(InvalidArgument, match="new"):
        START.call({"prompt": "x"}, {"extra_body": {"new": value}})


@pytest.mark.parametrize("value", ["small", Title.SMALL, Plain.SMALL, Text("small")], ids=name_of)
def test_texts_of_any_kind(value: Any) -> None:
    taken = body(size=value)["size"]
    assert (taken, type(taken)) == ("small", str)


def test_a_secret_is_sent_as_its_text() -> None:
    assert body(prompt=Secret())["prompt"] == "hidden"


@pytest.mark.parametrize(
    "value", [b"small", bytearray(b"small"), 5, Path("small"), Array(["small"])], ids=name_of
)
def test_what_is_no_text(value: Any) -> None:
    assert "is not a string" in str(refusal(size=value))


@pytest.mark.parametrize(
    "values",
    [
        {"prompt": "a\ud800"},
        {"source_url": f"{URL}\udfff"},
        {"style": {"a": ["\ud800"]}},
        {"style": {"\ud800": 1}},
    ],
)
def test_half_a_character_is_refused_by_name(values: dict[str, Any]) -> None:
    error = refusal(**values)
    assert error.field.startswith(next(iter(values)))
    assert "lone surrogate" in str(error)


@pytest.mark.parametrize("value", [Address(URL), urlsplit(URL), Text(URL), Title.SITE], ids=name_of)
def test_urls_of_any_library(value: Any) -> None:
    for taken in (
        body(source_url=value)["source_url"],
        body(source_urls=[value])["source_urls"][0],
        body(style={"reference_url": value})["style"]["reference_url"],
        body(style={"other": value})["style"]["other"],
        body(prompt=value)["prompt"],
    ):
        assert (taken, type(taken)) == (URL, str)


def test_a_url_object_is_checked_like_a_text() -> None:
    assert "not a URL" in str(refusal(source_url=Address("x.png")))
    assert "file: URL" in str(refusal(source_url=Address("file:///etc/passwd", scheme="file")))


@pytest.mark.parametrize("value", [[URL], (URL,), Array([URL]), Array([Address(URL)])], ids=name_of)
def test_lists_of_any_library(value: Any) -> None:
    assert body(source_urls=value)["source_urls"] == [URL]


@pytest.mark.parametrize("value", [{URL}, iter([URL]), URL, {"a": URL}, URL.encode()], ids=name_of)
def test_what_is_no_list(value: Any) -> None:
    assert "is not a list" in str(refusal(source_urls=value))


def test_everything_at_any_depth() -> None:
    given = {Title.SMALL: Array([Scalar(1), Array([Decimal("1.5")])]), "b": {"c": (Level.THREE, None, True)}}
    plain = {"small": [1, [1.5]], "b": {"c": [3, None, True]}}
    assert body(style=given)["style"] == plain
    assert START.call({"prompt": "x"}, {"extra_body": {"new": given}}).body == {"prompt": "x", "new": plain}


def test_a_job_has_its_own_copy() -> None:
    style = {"names": ["a"]}
    taken = body(style=style)
    style["names"].append("b")
    assert taken["style"] == {"names": ["a"]}


@pytest.mark.parametrize("value", [object(), {1: 2}, {None: 2}, {"a": {1}}, print], ids=name_of)
def test_what_json_does_not_have(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"^new"):
        START.call({"prompt": "x"}, {"extra_body": {"new": value}})


def test_a_list_in_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert refusal(style={"x": endless}).field.startswith("style.x[0]")


@pytest.mark.parametrize("value", [bytearray(b"abc"), memoryview(b"abc")], ids=name_of)
def test_what_may_change_in_memory_is_copied(value: Any) -> None:
    assert body(source_url=value)["source_url"] == b"abc"
    assert refusal(source_url=type(value)(b"")).problem == "the file is empty"


@pytest.mark.parametrize(
    "value", [io.BytesIO(b"x"), Image(), AsyncFile()], ids=lambda value: type(value).__name__
)
def test_files_stay_files(value: Any) -> None:
    assert is_file(value)
    assert body(source_url=value)["source_url"] is value
    assert START.call({"prompt": "x"}, {"extra_body": {"new": [value]}}).body["new"][0] is value  # type: ignore[index]


@pytest.mark.parametrize(
    "value", ["x", 5, None, [], {}, AsyncFile, Image, object(), Address(URL), Scalar(1)], ids=name_of
)
def test_what_is_no_file(value: Any) -> None:
    assert not is_file(value)


def test_pixels_are_no_file_and_how_they_become_one() -> None:
    assert "PIL.Image.fromarray" in str(refusal(source_url=Array([[0, 0]], ndim=2)))


def test_a_path_from_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "cat.png").write_bytes(b"x")
    assert body(source_url=Path("~/cat.png"))["source_url"] == tmp_path / "cat.png"


def test_queries_and_ids() -> None:
    call = LIST.call({"page_size": Scalar(5)}, {"extra_query": {"a": Scalar(3), "b": Title.SMALL, "c": True}})
    assert call.query == {"pageSize": 5, "a": 3, "b": "small", "c": True}
    task = Pictures(client(Service())).task(Title.SMALL)
    assert (task.id, type(task.id)) == ("small", str)


def test_numbers_of_arguments() -> None:
    assert check_whole("n", Scalar(3.0)) == 3
    assert check_positive("n", Decimal("2.5")) == 2.5
    assert type(check_number("n", Decimal(2))) is int
    for check in (check_whole, check_positive, check_number):
        for value in (True, "3", math.nan, NAType(), Array([3]), None):
            with pytest.raises(InvalidArgument, match=r"^n: "):
                check("n", value)


def test_numbers_of_settings() -> None:
    policy = RetryPolicy(attempts=Scalar(3), base=Decimal("0.5"))  # type: ignore[arg-type]
    assert (policy.attempts, policy.base, type(policy.base)) == (3, 0.5, float)
    a2e = A2E(TOKEN, timeout=Decimal(30), max_connections=Scalar(8))  # type: ignore[arg-type]
    run = a2e.bulk([], concurrency=Scalar(4), timeout=Decimal(60), max_coins=Scalar(9.5))  # type: ignore[call-overload]
    assert (run._settings.concurrency, run._settings.timeout, run._settings.max_coins) == (4, 60, 9.5)


def test_texts_of_settings() -> None:
    """As the settings of an application hold them."""
    a2e = A2E(Secret(), base_url=Address("https://a2e.test/api/v1"), user_agent=Title.SMALL)  # type: ignore[arg-type]
    assert a2e._settings.token.authorization() == "Bearer hidden"
    assert (a2e._settings.base_url, a2e._settings.user_agent) == ("https://a2e.test", "small")


def test_a_method_of_the_standard_library_is_a_text() -> None:
    assert operation_of(HTTPMethod.POST, Text("/api/v1/x"), has_body=True).method == "POST"


def test_the_timeout_of_a_request() -> None:
    call = START.call({"prompt": "x"}, {"request_timeout": Decimal(3)})
    assert (call.timeout, type(call.timeout)) == (3, int)


def test_a_large_buffer_is_shown_without_a_copy() -> None:
    tracemalloc.start()
    try:
        shown(bytearray(5_000_000))
        shown([0] * 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
