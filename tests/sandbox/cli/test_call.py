"""``a2e call``, ``a2e upload`` and ``a2e workflows`` against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from a2e_async.cli.catalogue import workflows
from a2e_async.cli.schema import schema_of
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import PNG, Run


def test_call_prints_the_reply(a2e: Run, sandbox: Sandbox) -> None:
    [voices] = a2e("call", "anchor", "voice_list", "--country", "en").facts
    assert voices[0]["label"] == "female"

    [task_id] = a2e("run", "text_to_image", "--prompt", "a", "--no-wait").cells("id")
    [record] = a2e("call", "text_to_image", "get", "--id", task_id).facts
    assert record["_id"] == task_id

    listing = a2e("call", "text_to_image", "list", "--page-size", "5").facts
    assert [listed["_id"] for listed in listing] == [task_id]

    assert a2e("call", "text_to_image", "delete", "--id", task_id).code == 0
    assert a2e("list", "text_to_image").out == []


def test_call_can_stream_and_can_wait(a2e: Run, sandbox: Sandbox) -> None:
    events = a2e(
        "call", "image_to_video", "prompt_extension", "--reference-id", "r", "--image-url", "cat.png",
        "--prompt", "p", "--negative-prompt", "n", "--stream",
    ).facts  # fmt: skip
    assert [event["kind"] for event in events][-1] == "result"

    started = a2e(
        "run", "veo_video", "--name", "n", "--prompt", "a horse", "--aspect-ratio", "16:9", "--no-wait"
    )
    [task_id] = started.cells("id")

    sandbox.call(lambda world: setattr(world.tasks[task_id], "done_at", -1000.0))
    waited = a2e("call", "veo_video", "get_1080p", "--id", task_id, "--wait-timeout", "60", "--out", "out")
    assert waited.code == 0
    assert Path(waited.cells("file")[0]).is_file()


def test_upload_prints_urls(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "dog.png").write_bytes(PNG + b"dog")
    ended = a2e("upload", "cat.png", "dog.png")
    assert ended.code == 0
    assert [line.split("\t")[1] for line in ended.out] == ["cat.png", "dog.png"]
    [first, _] = a2e("upload", "cat.png", "dog.png", "--json").facts
    assert (first["file"], first["size"]) == ("cat.png", len(PNG))


def test_workflows_are_listed(a2e: Run) -> None:
    names = [line.split("\t")[0] for line in a2e("workflows").out]
    assert {"image_to_video", "text_to_image", "video_twin", "video_twin.continue_training"} <= set(names)
    assert "anchor" not in names
    assert [line["workflow"] for line in a2e("workflows", "--json").facts] == names


def test_every_workflow_has_a_schema(a2e: Run) -> None:
    [schema] = a2e("workflows", "--schema", "image-to-video", "--json").facts
    assert schema["title"] == "image_to_video"
    assert schema["required"] == ["image_url"]
    assert schema["properties"]["model_type"]["examples"] == ["GENERAL", "FLF2V"]
    assert "Path" not in schema["properties"]["image_url"]["description"]

    printed = a2e("workflows", "--schema", "image_to_video")
    assert json.loads("\n".join(printed.out)) == schema
    for start in workflows():
        jsonschema.Draft202012Validator.check_schema(schema_of(start))

    check = jsonschema.Draft202012Validator(schema).is_valid
    assert check({"image_url": "cat.png", "prompt": "it waves"})
    assert not check({"prompt": "it waves"})
    assert not check({"image_url": 5})
