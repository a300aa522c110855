"""The command line against the sandbox: what it prints, what it sends, how it ends."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from a2e_async.api import RESOURCES
from a2e_async.cli import main
from a2e_async.cli.catalogue import calls_of, workflows
from a2e_async.cli.options import Parser, add_common, add_fields, add_result
from a2e_async.sandbox import Sandbox

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64
ID = "65f0c0ffee0000000000a001"


@attrs.frozen
class Ended:
    """How a command ended."""

    code: int
    out: list[str]
    err: list[str]

    @property
    def facts(self) -> list[Any]:
        """The JSON lines."""
        return [json.loads(line) for line in self.out]

    def cells(self, first: str) -> list[str]:
        """What stands behind a word, over all lines."""
        return [line.partition("\t")[2] for line in self.out if line.partition("\t")[0] == first]


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(durations={"*": 0.05}) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    server.reset()
    monkeypatch.setenv("A2E_BASE_URL", server.url)
    monkeypatch.setenv("A2E_API_TOKEN", server.token)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(PNG)
    return server


@pytest.fixture
def a2e(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Ended:
        code = main(arguments)
        told = capsys.readouterr()
        assert "\x1b" not in told.out + told.err
        return Ended(code, told.out.splitlines(), told.err.splitlines())

    return run


def body_of(sandbox: Sandbox) -> Any:
    """The body of the last task's start."""
    return sandbox.call(lambda world: list(world.tasks.values())[-1].body)


# ── run, wait, list ──────────────────────────────────────────────────────────────────────────────


def test_run_uploads_starts_waits_and_downloads(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    ended = a2e("run", "image_to_video", "--image-url", "cat.png", "--prompt", "it waves", "--out", "out/")
    assert (ended.code, ended.err) == (0, [])
    [task] = sandbox.ledger.tasks
    [file] = ended.cells("file")
    assert ended.out == [f"id\t{task.id}", f"coins\t{task.coins:g}", f"file\t{file}"]
    assert Path(file).stat().st_size
    assert Path(file).parent == Path("out")
    assert sandbox.ledger.uploads.total() == 1


def test_without_a_folder_the_urls_are_told(a2e: Run) -> None:
    ended = a2e("run", "text-to-image", "--prompt", "sandbox:sync")
    assert ended.code == 0
    assert ended.cells("url")[0].startswith("http://127.0.0.1")


def test_json_tells_everything(a2e: Run, sandbox: Sandbox) -> None:
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


def test_a_body_that_nobody_declared(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"source_url": "https://e.com/a.mp4", "target_language": "es"}')
    assert a2e("run", "dubbing", "--body", "@body.json", "--no-wait").code == 0
    body = body_of(sandbox)
    assert body["target_language"] == "es"


# ── call, upload, workflows ──────────────────────────────────────────────────────────────────────


def test_call_prints_what_comes_back(a2e: Run, sandbox: Sandbox) -> None:
    [voices] = a2e("call", "anchor", "voice_list", "--country", "en").facts
    assert voices[0]["label"] == "female"
    [task_id] = a2e("run", "text_to_image", "--prompt", "a", "--no-wait").cells("id")
    [record] = a2e("call", "text_to_image", "get", "--id", task_id).facts
    assert record["_id"] == task_id
    assert [one["_id"] for one in a2e("call", "text_to_image", "list", "--page-size", "5").facts] == [task_id]
    assert a2e("call", "text_to_image", "delete", "--id", task_id).code == 0
    assert a2e("list", "text_to_image").out == []


def test_call_can_stream_and_can_wait(a2e: Run, sandbox: Sandbox) -> None:
    events = a2e(
        "call", "image_to_video", "prompt_extension", "--reference-id", "r", "--image-url", "cat.png",
        "--prompt", "p", "--negative-prompt", "n", "--stream",
    ).facts  # fmt: skip
    assert [one["kind"] for one in events][-1] == "result"
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
    assert [one["workflow"] for one in a2e("workflows", "--json").facts] == names


# ── bulk ─────────────────────────────────────────────────────────────────────────────────────────

LINES = [
    {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png", "prompt": "it waves"},
    {"workflow": "text-to-image", "key": "kite", "body": {"prompt": "a kite"}},
    {"workflow": "product_avatar", "key": "rect", "name": "n", "image_urls": ["cat.png", "https://e.com/b.png"],
     "product_rect": {"x": 0, "y": 0, "width": 1, "height": 1, "rotation": 0, "scale": 1}},
    {"workflow": "veo_video", "key": "wire", "name": "n", "prompt": "a horse", "imageUrls": ["cat.png"]},
    {"workflow": "dubbing", "key": "free", "body": {"source_url": "https://e.com/a.mp4"}},
]  # fmt: skip


def jsonl(path: Path, lines: list[Any]) -> str:
    path.write_text("\n\n".join(json.dumps(line) for line in lines) + "\n")
    return str(path)


def test_bulk_runs_every_line_and_again_costs_nothing(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "jobs.jsonl", LINES)
    arguments = ("bulk", file, "--journal", "run.db", "--out", "out", "--concurrency", "3")
    first = a2e(*arguments)
    assert first.code == 0
    assert sorted(line.split("\t")[1] for line in first.out) == ["cat", "free", "kite", "rect", "wire"]
    assert {path.stem for path in Path("out").iterdir()} >= {"cat", "kite", "rect", "wire"}
    assert len(first.err) == 1
    assert "5 done, 0 failed" in first.err[0]
    charged = sandbox.ledger.charged.total()
    again = a2e(*arguments, "--json")
    assert {one["key"] for one in again.facts} == {"cat", "free", "kite", "rect", "wire"}
    assert all(one["ok"] and one["replayed"] for one in again.facts)
    assert a2e(*arguments, "--skip-finished").out == []
    assert sandbox.ledger.charged.total() == charged


def test_bulk_tells_failures_and_goes_on(a2e: Run, tmp_path: Path) -> None:
    lines = [{"workflow": "text_to_image", "key": f"k{n}", "prompt": "sandbox:fail"} for n in range(2)]
    lines.append({"workflow": "text_to_image", "key": "good", "prompt": "sandbox:sync"})
    ended = a2e("bulk", jsonl(tmp_path / "jobs.jsonl", lines))
    assert ended.code == 1
    told = {line.split("\t")[1]: line.split("\t")[0] for line in ended.out}
    assert told == {"k0": "failed", "k1": "failed", "good": "done"}


def test_bulk_reads_stdin(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.StringIO('{"workflow": "text_to_image", "prompt": "sandbox:sync"}\n')
    )
    assert a2e("bulk", "-").code == 0
    assert sandbox.ledger.made() == 1


def test_bulk_stops_when_the_coins_run_out(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_coins(15)
    lines = [{"workflow": "text_to_image", "key": str(n), "prompt": "a"} for n in range(4)]
    ended = a2e("bulk", jsonl(tmp_path / "jobs.jsonl", lines), "--concurrency", "1")
    assert ended.code == 1
    assert ended.err[-1].startswith("a2e: InsufficientCredits: ")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 3: JSON: "),
        ("[1]", "line 3: JSON: is not an object"),
        ('{"prompt": "a"}', "line 3: workflow: is missing"),
        ('{"workflow": "text_to_imagee", "prompt": "a"}', "did you mean 'text_to_image'?"),
        ('{"workflow": "anchor"}', "line 3: anchor: starts nothing"),
        ('{"workflow": "text_to_image", "promt": "a"}', "line 3: promt: unknown keyword"),
        ('{"workflow": "text_to_image", "name": "a"}', "line 3: prompt: is required"),
        ('{"workflow": "text_to_image", "prompt": 5}', "line 3: prompt: 5 is not a string"),
        ('{"workflow": "text_to_image", "prompt": "a", "body": 1}', "line 3: body: is not an object"),
        ('{"workflow": "text_to_image", "prompt": "a", "key": ""}', "line 3: key: "),
        (
            '{"workflow": "image_to_video", "prompt": "a", "image_url": "no.png"}',
            "line 3: image_url: 'no.png'",
        ),
        (
            '{"workflow": "veo_video", "imageUrls": [], "image_urls": []}',
            "line 3: image_urls: is given twice",
        ),
        (
            '{"workflow": "text_to_image", "prompt": "a", "extra_body": {"minor_suspected_skip": true}}',
            "minor_suspected_skip: this package does not send it",
        ),
    ],
)
def test_one_bad_line_starts_nothing(
    line: str, told: str, a2e: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    good = '{"workflow": "text_to_image", "prompt": "a"}\n'
    (tmp_path / "jobs.jsonl").write_text(f"{good}\n{line}\n")
    ended = a2e("bulk", "jobs.jsonl")
    assert (ended.code, len(ended.err), ended.out) == (2, 1, [])
    assert told in ended.err[0]
    assert sandbox.ledger.requests == {}


# ── What cannot be right ─────────────────────────────────────────────────────────────────────────

IMAGE = ("run", "image_to_video", "--image-url", "cat.png")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "no command; one of run, wait, list"),
        (("nothing",), "no such command: 'nothing'"),
        (("--nothing",), "unrecognized arguments: --nothing"),
        (("run",), "WORKFLOW is missing"),
        (("run", "--json", "text_to_image"), "WORKFLOW is missing; it comes first"),
        (("run", "image_to_vdeo"), "no such resource (did you mean 'image_to_video'?)"),
        (("run", "anchor"), "anchor: starts nothing"),
        (("run", "video_twin.get"), "what starts is video_twin, video_twin.continue_training"),
        (("run", "image_to_video"), "--image-url"),
        ((*IMAGE, "--nothing", "1"), "unrecognized arguments: --nothing 1"),
        ((*IMAGE, "--image"), "unrecognized arguments: --image"),
        ((*IMAGE[:3], "no.png"), "image_url: 'no.png' is neither a URL nor a file"),
        ((*IMAGE[:3], "@no.png"), "image_url: '@no.png' is neither a URL nor a file"),
        ((*IMAGE, "--model-type", "FLV"), "model_type: 'FLV' is not one of 'GENERAL', 'FLF2V'"),
        ((*IMAGE, "--model-type", "FLF2V"), "end_image_url: is required with model_type='FLF2V'"),
        ((*IMAGE, "--video-time", "ten"), "video_time: 'ten' is not a whole number"),
        ((*IMAGE, "--video-time", "7"), "video_time: 7 is not one of 5, 10, 15, 20"),
        ((*IMAGE, "--mask-face", "maybe"), "mask_face: 'maybe' is not true or false"),
        ((*IMAGE, "--extra", "[1]"), "extra: not a JSON object"),
        ((*IMAGE, "--extra", "{"), "extra: not JSON"),
        ((*IMAGE, "--extra", "@no.json"), "extra: '@no.json' cannot be read"),
        ((*IMAGE, "--extra", '{"x": NaN}'), "NaN is not JSON"),
        ((*IMAGE, "--extra", '{"minor_suspected_skip": true}'), "this package does not send it"),
        ((*IMAGE, "--wait-timeout", "0"), "--wait-timeout"),
        ((*IMAGE, "--wait-timeout", "nan"), "--wait-timeout"),
        ((*IMAGE, "--out", "cat.png"), "'cat.png' is not a folder"),
        ((*IMAGE, "--base-url", "ftp://x"), "base"),
        (("run", "wan30", "--model", "m"), "--input"),
        (("wait", "text_to_image"), "ID"),
        (("wait", "text_to_image", "../x"), "id: '../x' is not an id"),
        (("list", "wan30"), "the API has no way to list its tasks"),
        (("list", "text_to_image", "--limit", "0"), "--limit"),
        (("call", "anchor"), "METHOD is missing"),
        (("call", "anchor", "voice_lst"), "no such method (did you mean 'voice_list'?)"),
        (("call", "video_twin", "continue_training"), "a2e run video_twin.continue_training"),
        (("call", "text_to_image", "get", "--id", "a/b"), "id: 'a/b' is not an id"),
        (("upload", "no.png"), "'no.png' is not a file"),
        (("bulk", "no.jsonl"), "'no.jsonl' is not a file"),
        (("bulk", "cat.png", "--concurrency", "0"), "--concurrency"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_ends_with_2_and_sends_nothing(
    arguments: tuple[str, ...], told: str, a2e: Run, sandbox: Sandbox
) -> None:
    ended = a2e(*arguments)
    assert (ended.code, ended.out) == (2, [])
    assert len(ended.err) == 1
    assert ended.err[0].startswith("a2e: ")
    assert told in ended.err[0]
    assert sandbox.ledger.requests == {}


def test_a_missing_token_ends_with_2(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_API_TOKEN")
    ended = a2e("list", "text_to_image")
    assert ended.code == 2
    assert "A2E_API_TOKEN" in ended.err[0]


# ── What goes wrong ──────────────────────────────────────────────────────────────────────────────


def test_a_failed_task_ends_with_1_and_its_id_is_told(a2e: Run, sandbox: Sandbox) -> None:
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:fail")
    [task_id] = [task.id for task in sandbox.ledger.tasks]
    assert (ended.code, ended.out) == (1, [f"id\t{task_id}"])
    assert ended.err[0].startswith(f"a2e: TaskFailed: task {task_id} failed")
    [facts] = a2e("run", "text_to_image", "--prompt", "sandbox:fail", "--json").facts
    assert facts["id"] == sandbox.ledger.tasks[-1].id
    assert facts["error"].startswith("TaskFailed: ")


def test_a_task_that_takes_too_long_can_be_waited_for_again(a2e: Run) -> None:
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:forever", "--wait-timeout", "0.2")
    assert ended.code == 1
    assert ended.cells("id")
    assert "WaitTimeout" in ended.err[0]


def test_a_refusal_ends_with_1(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.set_coins(0)
    ended = a2e("run", "text_to_image", "--prompt", "a")
    assert ended.code == 1
    assert ended.err[0].startswith("a2e: InsufficientCredits: ")
    ended = a2e("call", "text_to_image", "get", "--id", ID)
    assert ended.code == 1
    monkeypatch.setenv("A2E_API_TOKEN", "sk_wrong")
    ended = a2e("list", "text_to_image")
    assert ended.code == 1
    assert ended.err[0].startswith("a2e: AuthenticationError: ")
    assert "sk_wrong" not in ended.err[0]


def test_a_task_that_cannot_be_waited_for_is_not_started_for_it(a2e: Run, sandbox: Sandbox) -> None:
    wan30 = (
        "run",
        "wan30",
        "--model",
        "wan3.0-video",
        "--input",
        '{"prompt": "a horse"}',
        "--parameters",
        "{}",
    )
    ended = a2e(*wan30)
    assert ended.code == 2
    assert "no way to read these tasks back" in ended.err[0]
    assert sandbox.ledger.made() == 0
    assert a2e(*wan30, "--no-wait").code == 0


def test_what_the_service_says_cannot_steer_the_terminal(a2e: Run, sandbox: Sandbox) -> None:
    a2e("run", "text_to_image", "--prompt", "a", "--name", "\x1b[31mred\n\x07", "--no-wait")
    [line] = a2e("list", "text_to_image").out
    assert "red" in line
    assert line.replace("\t", "").isprintable()


# ── From a shell ─────────────────────────────────────────────────────────────────────────────────


def shell(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "a2e_async", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def test_it_is_a_program(sandbox: Sandbox) -> None:
    ended = shell("run", "text_to_image", "--prompt", "sandbox:sync", "--out", "out")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1].startswith(f"file\tout{os.sep}text_to_image-")
    assert shell("run").returncode == 2
    version = importlib.metadata.version("a2e-async")
    assert shell("--version").stdout == f"a2e {version}\n"


def test_the_console_script_is_the_same() -> None:
    [script] = importlib.metadata.entry_points(group="console_scripts", name="a2e")
    assert script.load() is main


def test_an_interrupt_says_how_to_go_on(sandbox: Sandbox) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "a2e_async", "run", "text_to_image", "--prompt", "sandbox:forever"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    task_id = process.stdout.readline().split()[1]
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"a2e wait text_to_image {task_id}" in told
    assert "Traceback" not in told


def test_a_reader_that_leaves_early_is_no_error(sandbox: Sandbox) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "a2e_async", "workflows"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
    assert told == ""


# ── Every operation ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", RESOURCES)
def test_every_operation_has_its_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its options can be made, and their help be shown."""
    for call in calls_of(name).values():
        parser = Parser(prog="a2e", description=call.summary)
        add_common(parser)
        add_result(parser)
        add_fields(parser, call)
        shown = parser.format_help()
        assert all(f"--{keyword.strip('_').replace('_', '-')}" in shown for keyword in call.keywords)
    for arguments in (["call", name, "--help"], ["wait", name, "--help"]):
        with pytest.raises(SystemExit) as left:
            raise SystemExit(main(arguments))
        assert left.value.code in (0, 2)
    capsys.readouterr()


def test_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ["--help"], ["run", "--help"], ["call", "--help"], ["bulk", "--help"], ["run", "wan25", "--help"]
    for arguments in shown:
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0
    told = capsys.readouterr().out
    assert "image_to_video" in told
    assert "as Path" not in told
    assert len(list(workflows())) > 40


def test_faults_on_the_way_are_ridden_out(a2e: Run, sandbox: Sandbox) -> None:
    sandbox.script("batch", "status_503", "reset_before", "ok")
    assert a2e("run", "text_to_image", "--prompt", "a").code == 0
    assert sandbox.ledger.made() == 1


# ── On a terminal ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rich", [True, False])
def test_progress_is_drawn_on_a_terminal_only(
    rich: bool,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    lines = [{"workflow": "text_to_image", "key": "one", "prompt": "sandbox:sync"}]
    lines.append({"workflow": "text_to_image", "key": "two", "prompt": "sandbox:fail"})
    assert main(["bulk", jsonl(tmp_path / "jobs.jsonl", lines)]) == 1
    assert main(["run", "text_to_image", "--prompt", "sandbox:sync"]) == 0
    told = capsys.readouterr()
    assert ("2/2" in told.err) == rich
    assert ("1 failed" in told.err.split("a2e:")[0]) == rich
    assert "\x1b" not in told.out
    assert "done\tone" in told.out
