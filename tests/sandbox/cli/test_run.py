"""``a2e run``, ``a2e wait`` and ``a2e list`` against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run, body_of


def test_run_uploads_starts_waits_and_downloads(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    ended = a2e("run", "image_to_video", "--image-url", "cat.png", "--prompt", "it waves", "--out", "out/")
    assert (ended.code, ended.err) == (0, [])
    [task] = sandbox.ledger.tasks
    [file] = ended.cells("file")
    assert ended.out == [f"id\t{task.id}", f"coins\t{task.coins:g}", f"file\t{file}"]
    assert Path(file).stat().st_size
    assert Path(file).parent == Path("out")
    assert sandbox.ledger.uploads.total() == 1


def test_without_a_folder_the_urls_are_printed(a2e: Run) -> None:
    ended = a2e("run", "text-to-image", "--prompt", "sandbox:sync")
    assert ended.code == 0
    assert ended.cells("url")[0].startswith("http://127.0.0.1")


def test_json_prints_everything(a2e: Run, sandbox: Sandbox) -> None:
    ended = a2e("run", "text_to_image", "--prompt=sandbox:sync kite", "--json", "--out", "out")
    [facts] = ended.facts
    assert ended.code == 0
    assert facts["workflow"] == "text_to_image"
    assert [facts["id"]] == [task.id for task in sandbox.ledger.tasks]
    assert Path(facts["files"][0]).is_file()
    assert facts["record"]["prompt"] == "sandbox:sync kite"
    assert facts["coins"] == sandbox.ledger.coins()


def test_a_task_can_be_left_and_waited_for_later(a2e: Run, sandbox: Sandbox) -> None:
    left = a2e("run", "text_to_image", "--prompt", "a kite", "--no-wait")
    assert left.code == 0
    [task_id] = left.cells("id")
    assert not left.cells("url")

    waited = a2e("wait", "text_to_image", task_id, "--out", "out")
    assert waited.code == 0
    assert Path(waited.cells("file")[0]).is_file()
    assert sandbox.ledger.made() == 1

    listed = a2e("list", "text_to_image")
    assert [line.split("\t")[:2] for line in listed.out] == [[task_id, "completed"]]

    [record] = a2e("list", "text_to_image", "--json", "--limit", "1").facts
    assert record["_id"] == task_id


def test_a_further_start_of_a_workflow_is_named_with_a_dot(a2e: Run, sandbox: Sandbox) -> None:
    first = a2e("run", "video_twin", "--name", "n", "--video-url", "https://e.com/a.mp4", "--no-wait")
    [task_id] = first.cells("id")
    second = a2e("run", "video-twin.continue-training", "--id", task_id, "--no-wait")
    assert second.code in (0, 1)  # the service may refuse to train what is being trained
    assert sandbox.ledger.count("POST /api/v1/userVideoTwin/continueTraining") == 1


def test_files_urls_and_objects_reach_the_service(a2e: Run, sandbox: Sandbox) -> None:
    rect = '{"x": 0, "y": 0, "width": 1, "height": 1, "rotation": 0, "scale": 1}'
    ended = a2e(
        "run", "product_avatar", "--name", "n", "--image-urls", "https://e.com/a.png",
        "--image-urls", "@cat.png", "--product_rect", rect, "--no-wait",
    )  # fmt: skip
    assert ended.err == []
    assert ended.code == 0
    body = body_of(sandbox)
    assert body["image_urls"][0] == "https://e.com/a.png"
    assert body["image_urls"][1].startswith("http://127.0.0.1")
    assert body["product_rect"] == json.loads(rect)


def test_numbers_choices_and_switches(a2e: Run, sandbox: Sandbox) -> None:
    ended = a2e(
        "run", "image_to_video", "--image-url", "https://e.com/a.png", "--prompt", "-5 degrees",
        "--video-time", "10", "--skip-face-enhance", "--extend-prompt", "false", "--extra",
        '{"brand_new": [1]}', "--no-wait",
    )  # fmt: skip
    assert ended.code == 0
    body = body_of(sandbox)
    wanted = {"video_time": 10, "skip_face_enhance": True, "extend_prompt": False, "brand_new": [1]}
    assert {key: body[key] for key in wanted} == wanted
    assert body["prompt"] == "-5 degrees"


def test_a_free_form_body(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"source_url": "https://e.com/a.mp4", "target_language": "es"}')
    assert a2e("run", "dubbing", "--body", "@body.json", "--no-wait").code == 0
    body = body_of(sandbox)
    assert body["target_language"] == "es"


def test_temporary_faults_are_ridden_out(a2e: Run, sandbox: Sandbox) -> None:
    sandbox.script("batch", "status_503", "reset_before", "ok")
    assert a2e("run", "text_to_image", "--prompt", "a").code == 0
    assert sandbox.ledger.made() == 1


def test_lists_take_several_values_and_underscores_are_hyphens(a2e: Run, sandbox: Sandbox) -> None:
    urls = ["https://e.com/a.png", "https://e.com/b.png"]
    ended = a2e(
        "run", "text-to-image", "--input_images", *urls, "--prompt", "--wait", "--no_wait", "--model-type=a2e"
    )
    assert ended.code == 2
    assert ended.err == ["a2e: run text_to_image: --prompt needs a value (see a2e run text_to_image --help)"]

    ended = a2e("run", "text-to-image", "--input_images", *urls, "--prompt=--wait", "--no_wait")
    assert ended.code == 0
    body = body_of(sandbox)
    assert body["input_images"] == urls
    assert body["prompt"] == "--wait"
