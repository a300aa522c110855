"""Jobs as JSON and back: what a queue or a database keeps of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, Media, Upload
from a2e_async.api import RESOURCES
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.resources import Workflow
from tests.unit.sample import Service, client

SKIP = {"minor_suspected_skip": True}
UPLOAD = Upload("https://cdn.test/1.png", "ab" * 32, 3, "image/png")


@pytest.fixture
def a2e() -> A2E:
    return client(Service())


def through_json(job: Job[Any], a2e: A2E) -> Job[Any]:
    plain = json.loads(json.dumps(job.to_dict(), allow_nan=False))
    twin: Job[Any] = a2e.job(plain)
    assert twin.to_dict() == job.to_dict()
    return twin


def test_a_job_as_json(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="a red kite", max_images=2).with_key("order-17").with_quote(20)
    assert job.to_dict() == {
        "workflow": "text_to_image",
        "body": {"prompt": "a red kite", "max_images": 2},
        "key": "order-17",
        "quote": 20.0,
    }
    twin = through_json(job, a2e)
    assert (twin.call, twin.key, twin.quote) == (job.call, "order-17", 20.0)
    assert twin.operation is job.operation
    assert twin.workflow is a2e.text_to_image


def test_files_as_json(a2e: A2E, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(b"x")
    images: list[Media] = [Path("cat.png"), UPLOAD, "https://a.test/b.png"]
    job = a2e.text_to_image(prompt="x", model_type="seedream", input_images=images)
    twin = through_json(job, a2e)
    assert twin.body["input_images"] == [tmp_path / "cat.png", UPLOAD, "https://a.test/b.png"]


@pytest.mark.parametrize("file", [b"x", io.BytesIO(b"x")], ids=["bytes", "BytesIO"])
def test_a_file_in_memory_has_no_place_in_json(a2e: A2E, file: Any) -> None:
    job = a2e.text_to_image(prompt="x", input_images=["https://a.test/b.png", file])
    with pytest.raises(InvalidArgument, match=r"input_images\[1\]: .*with_uploads") as info:
        job.to_dict()
    assert info.value.field == "input_images[1]"
    assert json.dumps(vars(job))


def test_what_was_sent_unchecked_is_sent_unchecked_again(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x", extra_body={"max_images": 99, "new": [1]}, extra_query={"q": 1})
    plain = job.to_dict()
    assert (plain["body"], plain["extra_body"]) == ({"prompt": "x"}, {"max_images": 99, "new": [1]})
    twin = through_json(job, a2e)
    assert twin.call == job.call


def test_options_travel_too(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x", request_timeout=5, extra_headers={"x-lang": "en-US"})
    assert through_json(job, a2e).call == job.call


def test_other_ways_to_start(a2e: A2E) -> None:
    for job in (a2e.video_twin.continue_training(id="abc"), a2e.video_twin.eye_contact(id="abc")):
        twin = through_json(job, a2e)
        assert twin.operation is job.operation
        assert twin.call == job.call


def test_families_by_convention(a2e: A2E) -> None:
    job = a2e.workflow("userNewThing", {"prompt": "x", "file": UPLOAD}).with_key("k")
    assert job.to_dict()["body"]["prompt"] == "x"
    twin = through_json(job, a2e)
    assert (twin.body, twin.operation.path) == (job.body, "/api/v1/userNewThing/start")
    assert twin.workflow.by_convention


@pytest.mark.parametrize("name", RESOURCES)
def test_each_method_that_makes_jobs_is_found_again(a2e: A2E, name: str) -> None:
    resource = getattr(a2e, name)
    if not isinstance(resource, Workflow):
        return
    made = [
        method
        for method, function in vars(type(resource)).items()
        if str(getattr(function, "__annotations__", {}).get("return")).startswith("Job[")
    ]

    assert "__call__" in made
    for method in made:
        operation = resource.start_operation(None if method == "__call__" else method)
        assert resource.start_method(operation) == (None if method == "__call__" else method)


def test_python_names_and_those_of_the_api(a2e: A2E) -> None:
    for body in ({"id": "abc"}, {"_id": "abc"}):
        plain = {"workflow": "video_twin", "method": "eye_contact", "body": body}
        assert a2e.job(plain).body == {"_id": "abc"}


@pytest.mark.parametrize(
    ("plain", "field"),
    [
        (None, "job"),
        ("text_to_image", "job"),
        ([], "job"),
        ({}, "workflow"),
        ({"workflow": "text_to_imag", "body": {}}, "workflow"),
        ({"workflow": "account", "body": {}}, "workflow"),
        ({"workflow": {"a": 1}, "body": {}}, "workflow"),
        ({"workflow": "__class__", "body": {}}, "workflow"),
        ({"workflow": ["text_to_image"]}, "workflow"),
        ({"workflow": "text_to_image"}, "prompt"),
        ({"workflow": "text_to_image", "body": []}, "body"),
        ({"workflow": "text_to_image", "body": {"prompt": 5}}, "prompt"),
        ({"workflow": "text_to_image", "body": {"prompt": "x", "promt": "x"}}, "body.promt"),
        ({"workflow": "video_twin", "method": "eye_contact", "body": {"_id": "a", "id": "b"}}, "body.id"),
        ({"workflow": "text_to_image", "body": {"prompt": "x"}, "key": 5}, "key"),
        ({"workflow": "text_to_image", "body": {"prompt": "x"}, "quote": "5"}, "coins"),
        ({"workflow": "text_to_image", "body": {"prompt": "x"}, "coins": 5}, "'coins'"),
        ({"workflow": "text_to_image", "body": {"prompt": "x"}, "extra_body": 5}, "extra_body"),
        ({"workflow": "text_to_image", "body": {"prompt": "x"}, "extra_body": SKIP}, "minor_suspected_skip"),
        ({"workflow": "text_to_image", "body": {"input_images": [{"$upload": 1}]}}, "body.input_images[0]"),
        ({"workflow": "video_twin", "method": "remove", "body": {"id": "a"}}, "method"),
        ({"workflow": "video_twin", "method": "__init__", "body": {}}, "method"),
        ({"workflow": "video_twin", "method": 5, "body": {}}, "method"),
        ({"workflow": "../user", "by_convention": True, "body": {}}, "name"),
        ({"by_convention": True, "body": {}}, "workflow"),
    ],
)  # fmt: skip
def test_what_is_no_job_is_refused_by_name(a2e: A2E, plain: Any, field: str) -> None:
    with pytest.raises(InvalidArgument) as info:
        a2e.job(plain)
    assert info.value.field == field


def test_a_near_miss_gets_a_hint(a2e: A2E) -> None:
    with pytest.raises(InvalidArgument, match="did you mean 'text_to_image'"):
        a2e.job({"workflow": "text_to_imag", "body": {}})
