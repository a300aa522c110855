"""Invalid commands, and the help of every command."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from a2e_async.api import RESOURCES
from a2e_async.cli.catalogue import Call, calls_of, workflow_class
from a2e_async.cli.command import Command
from a2e_async.cli.groups import Names
from a2e_async.cli.program import make_program
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

IMAGE = ("run", "image_to_video", "--image-url", "cat.png")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no command; one of run, bulk, quote"),
        (("nothing",), "no such command: 'nothing'"),
        (("--nothing",), "--nothing"),
        (("run",), "WORKFLOW is missing"),
        (("run", "--json", "text_to_image"), "run: WORKFLOW is missing; it comes first (see a2e run --help)"),
        (("run", "image_to_vdeo"), "no such workflow (did you mean 'image_to_video'?)"),
        (("run", "anchor"), "anchor: starts nothing"),
        (("run", "video_twin.get"), "tasks are started by video_twin, video_twin.continue_training"),
        (("run", "image_to_video"), "--image-url"),
        ((*IMAGE, "--nothing", "1"), "--nothing"),
        ((*IMAGE, "--promt", "x"), "no such option '--promt' (did you mean one of: "),
        (("balance", "--bse-url"), "no such option '--bse-url' (did you mean '--base-url'?)"),
        ((*IMAGE, "--image"), "--image"),
        ((*IMAGE[:3], "no.png"), "image_url: 'no.png' is neither a URL nor a file"),
        ((*IMAGE[:3], "@no.png"), "image_url: '@no.png' is neither a URL nor a file"),
        ((*IMAGE, "--model-type", "FLF2V"), "end_image_url: is required with model_type='FLF2V'"),
        ((*IMAGE, "--video-time", "ten"), "video_time: 'ten' is not a whole number"),
        ((*IMAGE, "--mask-face", "maybe"), "mask_face: 'maybe' is not true or false"),
        ((*IMAGE, "--extra", "[1]"), "extra: not a JSON object"),
        ((*IMAGE, "--extra", "{"), "extra: not JSON"),
        ((*IMAGE, "--extra", "@no.json"), "extra: '@no.json' cannot be read"),
        ((*IMAGE, "--extra", '{"x": NaN}'), "NaN is not JSON"),
        ((*IMAGE, "--extra", '{"minor_suspected_skip": true}'), "this package does not send it"),
        ((*IMAGE, "--wait-timeout", "0"), "--wait-timeout"),
        ((*IMAGE, "--wait-timeout", "nan"), "--wait-timeout"),
        ((*IMAGE, "--out", "cat.png"), "'cat.png' is not a folder"),
        ((*IMAGE, "--out", "nosuch://bucket"), "--out: 'nosuch://bucket' cannot be used: Protocol not known"),
        ((*IMAGE, "--out", "file://out"), "three slashes"),
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
        (("bulk", "cat.png", "--max-coins", "many"), "--max-coins: 'many' is not a number"),
        (("bulk", "cat.png", "--max-coins"), "bulk: --max-coins needs a value (see a2e bulk --help)"),
        (("bulk",), "missing argument 'FILE'"),
        (("bulk", "a", "b"), "unexpected extra argument"),
        (("journal", "run.db", "--bind", "cat"), "--bind needs 2 values"),
        (("enqueue", "cat.png", "--at", "noon"), "'noon' is not a time such as 2026-12-24T18:00"),
        (("enqueue", "cat.png", "--priority", "high"), "--priority: 'high' is not a whole number"),
        (("worker", "--grace", "long"), "--grace: 'long' is not a number"),
        (("worker", "--lease", "0"), "--lease: '0' is not a number of seconds above 0"),
        (("status", "--watch", "now"), "--watch: 'now' is not a number"),
        (("completion", "tcsh"), "'tcsh' is not one of"),
        (("quote", "anchor"), "anchor: starts nothing"),
        (("get", "wan30", "x"), "no way to read these tasks back"),
        (("delete", "wan30", "x"), "the API has no way to delete its tasks"),
        (("workflows", "--schema", "anchor"), "anchor: starts nothing"),
        (("baalnce",), "no such command: 'baalnce' (did you mean 'balance'?)"),
    ],
)  # fmt: skip
def test_an_invalid_command_ends_with_2_and_sends_nothing(
    arguments: tuple[str, ...], message: str, a2e: Run, sandbox: Sandbox
) -> None:
    ended = a2e(*arguments)
    assert (ended.code, ended.out) == (2, [])
    assert len(ended.err) == 1
    assert ended.err[0].startswith("a2e: ")
    assert message in ended.err[0]
    assert sandbox.ledger.requests == {}


def test_a_missing_token_ends_with_2(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_API_TOKEN")
    ended = a2e("list", "text_to_image")
    assert ended.code == 2
    assert "A2E_API_TOKEN" in ended.err[0]


# Help


def helped(*arguments: str) -> str:
    """The help of a command."""
    ended = CliRunner().invoke(make_program(), [*arguments, "--help"], prog_name="a2e")
    assert (ended.exit_code, ended.exception) == (0, None), (arguments, ended.output)
    assert "as Path" not in ended.output
    assert max(map(len, ended.output.splitlines())) <= 100
    return ended.output


def lists(printed: str, name: str) -> bool:
    """Whether the help lists a name."""
    return any(line.split()[:1] == [name] for line in printed.splitlines())


def of(call: Call) -> list[str]:
    """The command of a call."""
    return ["run", call.name] if call.starts else ["call", call.resource, call.method]


def test_every_operation_has_its_command_with_help() -> None:
    calls = [call for name in RESOURCES for call in calls_of(name).values()]
    assert len(calls) > 240
    for call in calls:
        printed = helped(*of(call))
        assert all(f"--{keyword.strip('_').replace('_', '-')}" in printed for keyword in call.keywords)
        assert call.summary.split()[0] in printed
        assert f"Examples:\n  a2e {' '.join(of(call))}" in printed


def test_every_command_has_help_with_examples() -> None:
    printed = helped()
    names = [name for name, _ in make_program().named()]
    assert all(lists(printed, name) for name in names)
    for name in names:
        assert "Examples:\n  a2e " in helped(name), name


def test_help_lists_only_what_applies() -> None:
    waits, lists_tasks, deletes, runs = (helped(name) for name in ("wait", "list", "delete", "run"))
    for name in RESOURCES:
        cls = workflow_class(name)
        assert lists(runs, name) == (cls is not None)
        assert lists(waits, name) == (cls is not None and cls.routes.readable)
        assert lists(deletes, name) == (cls is not None and cls.routes.delete is not None)
        assert lists(lists_tasks, name) == ("list" in calls_of(name))
    assert not lists(waits, "wan30")
    assert lists(runs, "video_twin.continue_training")


def test_help_loads_click_and_nothing_of_the_client() -> None:
    code = (
        "import sys; from a2e_async.cli import main; main(['--help']); "
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stderr.split())
    heavy = {"anyio", "attr", "httpx", "rich", "asyncio", "ssl", "json", "sqlite3", "logging.handlers"}
    assert heavy.isdisjoint(loaded)
    ours = {name for name in loaded if name.startswith("a2e_async")}
    assert ours == {
        "a2e_async", *(f"a2e_async.{name}" for name in ("cli",)),
        *(f"a2e_async.cli.{name}" for name in ("command", "groups", "program", "streams")),
    }  # fmt: skip


def test_the_help_of_a_workflow_loads_no_client() -> None:
    code = (
        "import sys; from a2e_async.cli import main; main(['run', 'image_to_video', '--help']); "
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stderr.split())
    heavy = {"anyio", "httpx", "rich", "asyncio", "ssl", "sqlite3", "a2e_async.client", "a2e_async.runtime"}
    assert heavy.isdisjoint(loaded)
    assert len([name for name in loaded if name.startswith("a2e_async.api.")]) == 1


def test_without_its_extra_the_command_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['click'] = None; from a2e_async.cli import main; sys.exit(main(['balance']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "a2e: the command line needs an extra: pip install 'a2e-async[cli]'\n"


@pytest.mark.parametrize("missing", ["uvicorn", "jsonschema_rs"])
def test_without_its_extra_the_sandbox_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; from a2e_async.cli import main; "
        "sys.exit(main(['balance', '--sandbox']) + main(['sandbox', '--port', '0']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 4
    assert ended.stderr.splitlines() == [
        "a2e: --sandbox needs an extra: pip install 'a2e-async[sandbox]'",
        "a2e: a2e sandbox needs an extra: pip install 'a2e-async[sandbox]'",
    ]


def test_what_every_command_takes_may_come_first(a2e: Run, sandbox: Sandbox) -> None:
    assert a2e("--json", "balance").facts == a2e("balance", "--json").facts
    assert a2e("--base_url", sandbox.url, "--json", "balance").code == 0
    assert a2e(f"--base-url={sandbox.url}", "balance").code == 0
    assert a2e("--sandbox", "balance").code == 0
    assert a2e("--sandbox").err[0].startswith("a2e: no such option '--sandbox'")
    assert "init: no such option '--sandbox'" in a2e("--sandbox", "init").err[0]


def test_help_is_a_command_too(a2e: Run) -> None:
    assert a2e("help").out == a2e("--help").out
    assert a2e("help", "run", "text_to_image").out == a2e("run", "text_to_image", "--help").out


def test_the_example_of_each_workflow_can_be_typed(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(16))
    (tmp_path / "speech.mp3").write_bytes(b"ID3\3" + bytes(64))
    group = make_program().get_command(click.Context(make_program()), "run")
    assert isinstance(group, Names)
    names = [name for name, _ in group.named()]
    assert len(names) > 40

    problems: dict[str, str] = {}
    for name in names:
        command = group.get_command(click.Context(group), name)
        assert isinstance(command, Command)
        [example] = command.examples
        ended = a2e(*shlex.split(example), "--no-wait")
        if ended.code:
            problems[name] = ended.err[-1]
    # The examples have to name a task, and there is none.
    assert set(problems) <= {"video_twin.continue_training", "video_twin.eye_contact"}, problems
