"""What the generated operations and workflows declare: repeats, outputs, names, pages and newer values."""

from __future__ import annotations

import importlib
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import pytest

from a2e_async._spec.field import Field, forget_warnings
from a2e_async._spec.operation import Operation
from a2e_async.api import RESOURCES
from a2e_async.resources import Resource, Workflow
from tests.document_names import DOCUMENT, known

ROOT = Path(__file__).resolve().parents[2]
CLASSES: Mapping[str, type[Resource]] = {
    name: getattr(importlib.import_module(place.partition(":")[0]), place.partition(":")[2])
    for name, place in RESOURCES.items()
}
WORKFLOWS: dict[str, type[Workflow[Any]]] = {
    name: cls for name, cls in CLASSES.items() if issubclass(cls, Workflow)
}
OPERATIONS: dict[str, Operation[Any]] = {
    f"{value.method} {value.path.removeprefix('/api/v1/')}": value
    for cls in CLASSES.values()
    for value in vars(importlib.import_module(cls.__module__)).values()
    if isinstance(value, Operation)
}


def own(cls: type[Any]) -> set[str]:
    """The wire names of the attributes that a record class declares."""
    return {one.metadata.get("key", one.name) for one in attrs.fields(cls)}


# Repeats

READS_BY_POST = {
    "anchor/language_list",
    "anchor/list",
    "anchor/tts_list",
    "anchor/voice_list",
    "custom_avatar/list",
    "custom_back/allBackground",
    "custom_back/list",
    "custom_back/randomBackground",
    "generation/quote",
    "video/list",
}
READS_BY_GET = {
    "custom_avatar/all_tags",
    "user/remainingCoins",
    "userImage2Video/avgProcessingTime",
    "userImage2Video/unlimitedQueueLevel",
    "transactionRecord/creditsHistory",
    "veoVideo/{_id}/1080p",
}
LIST = re.compile(r"\w+(?:/preview)?/(?:allRecords|list|records|\w+_list|\w+Records?)")
STATE = re.compile(r"\w+/(?:status|uploadStatus|allProcessing)")
ONE = re.compile(r"\w+/(?:detail|detail/\{id\}|\{_?id\})")
ACTS = re.compile(
    r"start|del|remov|retry|add|update|train|generate|mark|callback|upload|token|extension|send|eyeContact",
    re.IGNORECASE,
)


def kind_of(key: str) -> str:
    """What a repeatable operation reads, "" if it is none of the known kinds."""
    method, path = key.split(" ")
    if method == "POST":
        return "batch" if path.endswith("/batchDetail") else "by POST" if path in READS_BY_POST else ""
    if method != "GET":
        return ""
    kinds = (("list", LIST), ("state", STATE), ("one", ONE))
    return next(
        (kind for kind, pattern in kinds if pattern.fullmatch(path)), "other" if path in READS_BY_GET else ""
    )


def test_every_repeatable_operation_is_a_read_of_a_known_kind() -> None:
    by_kind: dict[str, list[str]] = {}
    for key, operation in OPERATIONS.items():
        if operation.repeatable:
            by_kind.setdefault(kind_of(key), []).append(key)

    assert "" not in by_kind, by_kind[""]
    assert set(by_kind) <= {"one", "list", "state", "batch", "by POST", "other"}
    for kind, method, reads in (("by POST", "POST", READS_BY_POST), ("other", "GET", READS_BY_GET)):
        found = {key.removeprefix(f"{method} ") for key in by_kind.get(kind, ())}
        assert found == {one for one in reads if f"{method} {one}" in OPERATIONS}


READS_THAT_SOUND_LIKE_ACTS = {
    "GET token/list",
    "GET userVideoTwin/trainingRecords",
    "GET userVideoTwin/uploadStatus",
    "GET userVoice/trainingRecord",
}


def test_nothing_that_acts_is_repeatable() -> None:
    for key, operation in OPERATIONS.items():
        method, path = key.split(" ")
        acts = method in ("PUT", "PATCH", "DELETE") or ACTS.search(path.rsplit("/", 1)[-1])

        if acts and key not in READS_THAT_SOUND_LIKE_ACTS:
            assert not operation.repeatable, key


def test_no_start_is_repeatable() -> None:
    for name, cls in WORKFLOWS.items():
        assert not cls.routes.start.repeatable, name


def test_a_get_that_acts_is_sent_once() -> None:
    assert not OPERATIONS["GET userFaceSwapTask/retry"].repeatable


def test_everything_that_is_polled_or_paged_is_repeatable() -> None:
    for cls in WORKFLOWS.values():
        for read in (cls.routes.get, cls.routes.batch_detail, cls.routes.list):
            assert read is None or read.repeatable
    for key, operation in OPERATIONS.items():
        assert operation.paging is None or operation.repeatable, key


# Outputs

NO_FILE = {"video_twin", "voice"}
PARTS_TWINS_AND_COPIES = {
    "result_people_url",
    "result_bg_url",
    "display_result_url",
    "url_download",
    "url_show",
    "cover_url",
    "source_url",
}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_workflow_declares_where_its_output_is(name: str) -> None:
    cls = WORKFLOWS[name]
    routes = cls.routes
    assert routes.makes_file == (name not in NO_FILE)
    assert routes.outputs or not routes.makes_file or name not in known()  # a new one is found by its reply

    # A declared field is typed, and the first one that is filled is taken.
    assert set(routes.outputs) <= own(cls.record_type)
    hints = get_type_hints(cls.record_type)
    for field in routes.outputs:
        assert "str" in str(hints[field]), field
        value: Any = ["https://h.example/a"] if "Sequence" in str(hints[field]) else "https://h.example/a"
        assert getattr(cls.record_type.decode({"_id": "a", field: value}), field) == value


def test_the_overlay_names_no_input_as_an_output() -> None:
    """The generator would leave it out without a word."""
    document = json.loads((ROOT / "openapi" / "a2e.json").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"].values()
    declared = sorted(schema["x-a2e-outputs"] for schema in schemas if "x-a2e-outputs" in schema)
    assert declared == sorted(list(cls.routes.outputs) for cls in WORKFLOWS.values() if cls.routes.outputs)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_output_is_neither_an_echoed_input_nor_a_part_a_twin_or_a_copy(name: str) -> None:
    cls = WORKFLOWS[name]
    inputs = {field.wire_name for field in cls.routes.start.body}
    assert not set(cls.routes.outputs) & (inputs | PARTS_TWINS_AND_COPIES)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("flux2", "image_urls"),
        ("qwen2_image", "image_urls"),
        ("gpt_image", "image_urls"),
        ("text_to_image", "image_urls"),
        ("nano_banana", "image_urls"),
        ("image_to_video", "result_url"),
        ("talking_photo", "result_url"),
        ("upscale", "result_url"),
        ("dubbing", "result_url"),
        ("avatar_video", "result"),
        ("veo_video", "video_output"),
        ("motion_transfer", "result_video_url"),
        ("virtual_try_on", "result_image_url"),
        ("product_avatar", "result_image_url"),
    ],
)
def test_the_fields_that_clients_of_the_service_read_come_first(name: str, first: str) -> None:
    assert WORKFLOWS[name].routes.outputs[0] == first


# Names

NAMED = [
    name for name, cls in WORKFLOWS.items() if any(one.wire_name == "name" for one in cls.routes.start.body)
]


@pytest.mark.parametrize("name", NAMED)
def test_no_start_needs_a_name(name: str) -> None:
    start = WORKFLOWS[name].routes.start
    (field,) = (one for one in start.body if one.wire_name == "name")
    assert not field.required
    assert "Without one, the SDK names the task." in " ".join(
        (WORKFLOWS[name].__call__.__doc__ or "").split()
    )


def test_many_starts_take_a_name() -> None:
    assert len(NAMED) > 30


# Pages


def test_pages_have_the_declared_or_the_usual_size_and_as_many_records_as_are_allowed() -> None:
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    for operation in OPERATIONS.values():
        if operation.paging is None or operation.paging.size is None:
            continue
        declared = paths[operation.path][operation.method.lower()]["parameters"]
        (schema,) = [one["schema"] for one in declared if one.get("name") == operation.paging.size]
        most = schema.get("maximum", 100)
        assert operation.paging.max_size == most
        assert operation.paging.default_size == min(schema.get("default", 10), most)
        (size,) = [field for field in operation.query if field.wire_name == operation.paging.size]
        assert size.maximum == schema.get("maximum")


# Values


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("text_to_image", {"prompt": "p", "model_type": "zimage"}),
        ("text_to_image", {"prompt": "p", "model_type": "seedream", "model_version": "4.5"}),
        ("text_to_image", {"prompt": "p", "model_type": "seedream", "model_version": "5.0-pro"}),
        ("text_to_image", {"prompt": "p", "input_images": ["data:image/png;base64,iVBORw0KGgo="]}),
        ("gpt_image", {"prompt": "p", "model": "gpt-image-2.5-sunburst"}),
        ("gpt_image", {"prompt": "p", "model": "gpt-image-2.5-flare", "save_as_png": True}),
        ("gpt_image", {"prompt": "p", "background": "transparent", "creation_mode": "fast"}),
        ("video_twin", {"image_url": "https://h.example/a.png", "gender": "female"}),
        (
            "talking_photo",
            {"image_url": "https://h.example/a.png", "duration": 0, "prompt": "p", "negative_prompt": "q"},
        ),
        ("nano_banana", {"prompt": "p", "model": "nano-banana-pro", "image_size": "1K"}),
    ],
)
def test_values_that_the_service_takes_pass_in_silence(
    name: str, values: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    forget_warnings()
    assert WORKFLOWS[name](client=None)(**values).body == values  # type: ignore[operator]
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def _all_fields(fields: tuple[Field, ...]) -> list[Field]:
    found = []
    for one in fields:
        found += [one, *_all_fields(one.fields), *_all_fields((one.item,) if one.item else ())]
    return found


def test_no_list_of_the_document_is_closed_without_evidence() -> None:
    chosen = [
        field
        for operation in OPERATIONS.values()
        for field in _all_fields((*operation.query, *operation.body))
        if field.choices
    ]
    assert len(chosen) > 50
    assert [field for field in chosen if field.closed] == []
