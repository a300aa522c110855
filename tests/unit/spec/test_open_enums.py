"""Lists of known values are open: a newer value is sent with one warning, unless the service refuses it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from a2e_async._spec import field as fields
from a2e_async._spec.field import Field, forget_warnings
from a2e_async._spec.operation import Operation, raw
from a2e_async.errors import InvalidArgument

OPEN = Field("model", str, choices=("small", "large"))
CLOSED = Field("model", str, choices=("small", "large"), closed=True)
SECONDS = Field("seconds", int, choices=(5, 10))
STYLES = Field("styles", list, item=Field("", str, choices=("flat", "round")))
AREA = Field("area", dict, fields=(Field("unit", str, choices=("px", "cm")),))


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_warnings()
    yield
    forget_warnings()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The texts of the warnings so far."""
    return [
        one.getMessage()
        for one in caplog.records
        if (one.name, one.levelno) == ("a2e_async", logging.WARNING)
    ]


def sent(field: Field, value: Any) -> Any:
    operation = Operation("POST", "/x", raw, body=(field,), has_body=True)
    return operation.call({field.name: value}, {}).body


@pytest.mark.parametrize(
    ("field", "value"),
    [(OPEN, "huge"), (SECONDS, 20), (STYLES, ["flat", "bent"]), (AREA, {"unit": "inch"}), (OPEN, "")],
)
def test_a_newer_value_is_sent_with_one_warning(
    field: Field, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert sent(field, value) == {field.name: value}
    assert len(warnings(caplog)) == 1


def test_the_warning_names_field_value_and_known_values(caplog: pytest.LogCaptureFixture) -> None:
    sent(OPEN, "larg")
    (text,) = warnings(caplog)
    assert text == (
        "model: 'larg' is not among the known values ('small', 'large') (did you mean 'large'?); "
        "it is sent as it is"
    )


def test_each_value_and_each_field_warns_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    for value in ("huge", "tiny", "huge", "tiny"):
        sent(OPEN, value)
        sent(Field("version", str, choices=("small", "large")), value)
    assert len(warnings(caplog)) == 4


def test_the_place_in_a_list_makes_no_other_warning(caplog: pytest.LogCaptureFixture) -> None:
    sent(STYLES, ["bent", "flat", "bent"])
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [(OPEN, "small"), (SECONDS, 5), (STYLES, ["flat"]), (STYLES, [])]
)
def test_a_known_value_gives_no_warning(field: Field, value: Any, caplog: pytest.LogCaptureFixture) -> None:
    sent(field, value)
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (OPEN, 7, "7 is not a string"),
        (OPEN, True, "True is not a string"),
        (SECONDS, "5", "'5' is not a whole number"),
        (SECONDS, True, "True is not a whole number"),
        (Field("mode", choices=(1, "a"), closed=True), True, "True is not one of 1, 'a'"),
        (CLOSED, "huge", "'huge' is not one of 'small', 'large'"),
        (CLOSED, "larg", "did you mean 'large'?"),
    ],
)
def test_what_cannot_be_right_is_refused_and_says_how_to_send_it(
    field: Field, value: Any, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        sent(field, value)
    assert problem in str(caught.value)
    assert str(caught.value).endswith("; give it in extra_body to send it all the same")
    assert warnings(caplog) == []

    operation = Operation("POST", "/x", raw, body=(field,), has_body=True)
    assert operation.call({}, {"extra_body": {field.name: value}}).body == {field.name: value}


def test_a_refused_query_parameter_names_extra_query() -> None:
    operation = Operation("GET", "/x", raw, query=(Field("page_size", int, "pageSize", maximum=100),))
    with pytest.raises(InvalidArgument, match="at most 100; give it in extra_query to send it all the same"):
        operation.call({"page_size": 500}, {})
    assert operation.call({}, {"extra_query": {"pageSize": 500}}).query == {"pageSize": 500}


def test_a_refused_file_names_no_way_around_it() -> None:
    image = Field("image_url", str, media=True)
    images = Field("image_urls", list, max_items=1, item=Field("", str, media=True))
    for field, value in ((image, "cat.png"), (images, ["cat.png"])):
        with pytest.raises(InvalidArgument) as caught:
            sent(field, value)
        assert "extra_body" not in str(caught.value)

    with pytest.raises(InvalidArgument, match="at most 1 items; give it in extra_body"):
        sent(images, ["https://h.example/a", "https://h.example/b"])


def test_an_unknown_keyword_names_extra_body() -> None:
    operation = Operation("POST", "/x", raw, body=(OPEN,), has_body=True)
    with pytest.raises(InvalidArgument, match=r"did you mean 'model'\?\).*extra_body or extra_query"):
        operation.call({}, {"modell": "small"})


def test_few_warnings_are_remembered(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "_MOST_WARNINGS", 3)
    for number in range(10):
        sent(OPEN, f"model-{number}")
    assert len(warnings(caplog)) == 10
    sent(OPEN, "model-9")
    assert len(warnings(caplog)) == 10
