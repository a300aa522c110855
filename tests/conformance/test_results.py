"""Outputs are found in every family, and no input is ever mistaken for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from a2e_async import A2E
from a2e_async._spec.operation import Operation
from a2e_async.sandbox import Sandbox
from tests.conformance.samples import media_url, sample, sample_arguments
from tests.conformance.workflows import BESIDES, READABLE, WORKFLOWS

pytestmark = pytest.mark.anyio

NO_FILES = {"voice"}


def with_all_media(start: Operation[Any]) -> dict[str, Any]:
    """Keywords with a URL at every place where the start takes one."""
    given = dict(BESIDES.get(start.path, {}))
    for field in start.body:
        if any(urls_of(sample(field))) and not field.name.startswith("webhook"):
            given.setdefault(field.name, sample(field))
    return sample_arguments(start, **given)


def urls_of(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("http"):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from urls_of(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from urls_of(item)


@pytest.mark.parametrize("resource", READABLE)
async def test_outputs_are_found_and_echoed_inputs_are_not(resource: str, a2e: A2E, sandbox: Sandbox) -> None:
    arguments = with_all_media(WORKFLOWS[resource].routes.start)
    given = set(urls_of(arguments))
    assert all("video" in str(urlsplit(url).hostname) for url in given)

    result = await getattr(a2e, resource)(**arguments).run()
    echoed = given & set(urls_of([record.raw for record in result.records]))
    assert echoed == given, "the sandbox echoes what it was given"
    assert all(url.startswith(sandbox.files_origin) for url in result.urls)
    assert bool(result.urls) == (resource not in NO_FILES)
    assert len(result.ids) == len(result.records) == 1

    # For a task of an earlier process, only the record is known.
    again = await getattr(a2e, resource).task(result.task.id).wait()
    assert again.urls == result.urls
    assert again.ids == result.ids


async def test_a_record_that_echoes_undeclared_inputs_under_names_of_outputs(a2e: A2E) -> None:
    video, sound = media_url("video"), media_url("audio")
    job = a2e.dubbing(body={"video_url": video, "url": sound, "images": [media_url("x")], "lang": "es"})
    result = await job.run()
    assert result.record.raw["video_url"] == video
    assert result.record.raw["url"] == sound
    assert result.urls == (result.record.result_url,)


async def test_a_field_that_the_spec_does_not_know_is_an_input_too(a2e: A2E) -> None:
    extra = {"video_url": media_url("video"), "output_url": media_url("output")}
    result = await a2e.wan25(prompt="x", image_url=media_url("image"), extra_body=extra).run()
    assert result.record.raw["output_url"] == extra["output_url"]
    assert result.urls == (result.record.result_url,)


async def test_the_result_of_a_family_with_unknown_fields(a2e: A2E) -> None:
    body = {"prompt": "x", "image_url": media_url("image"), "video_url": media_url("video")}
    result = await a2e.workflow("hailuoVideo", body).run()
    assert len(result.urls) == 1
    assert not set(result.urls) & {body["image_url"], body["video_url"]}


async def test_several_tasks_of_one_start_have_one_result(a2e: A2E, tmp_path: Path) -> None:
    result = await a2e.text_to_image(prompt="x", max_images=3).run()
    assert len(set(result.urls)) == len(set(result.ids)) == len(result.records) == 3
    assert result.ids == result.task.ids
    assert result.coins == sum(record.coins or 0 for record in result.records)
    files = await result.download(tmp_path)
    assert len({path.name for path in files}) == 3
    assert [file.path for file in await result.fetch(tmp_path)] == files


async def test_what_has_no_file_downloads_nothing(a2e: A2E, tmp_path: Path) -> None:
    result = await a2e.voice(name="mine", voice_urls=[media_url("voice")]).run()
    assert result.urls == ()
    assert await result.download(tmp_path) == []
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - a folder that is empty
