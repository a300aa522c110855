"""Invalid commands, and the help of every command."""

from __future__ import annotations

import pytest

from a2e_async.api import RESOURCES
from a2e_async.cli import main
from a2e_async.cli.catalogue import calls_of, workflows
from a2e_async.cli.options import Parser, add_common, add_fields, add_result
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

IMAGE = ("run", "image_to_video", "--image-url", "cat.png")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no command; one of run, wait, list"),
        (("nothing",), "no such command: 'nothing'"),
        (("--nothing",), "unrecognized arguments: --nothing"),
        (("run",), "WORKFLOW is missing"),
        (("run", "--json", "text_to_image"), "WORKFLOW is missing; it comes first"),
        (("run", "image_to_vdeo"), "no such resource (did you mean 'image_to_video'?)"),
        (("run", "anchor"), "anchor: starts nothing"),
        (("run", "video_twin.get"), "tasks are started by video_twin, video_twin.continue_training"),
        (("run", "image_to_video"), "--image-url"),
        ((*IMAGE, "--nothing", "1"), "unrecognized arguments: --nothing 1"),
        ((*IMAGE, "--image"), "unrecognized arguments: --image"),
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


@pytest.mark.parametrize("name", RESOURCES)
def test_every_operation_has_its_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its options can be made, and its help is printed."""
    for call in calls_of(name).values():
        parser = Parser(prog="a2e", description=call.summary)
        add_common(parser)
        add_result(parser)
        add_fields(parser, call)
        printed = parser.format_help()
        assert all(f"--{keyword.strip('_').replace('_', '-')}" in printed for keyword in call.keywords)

    for arguments in (["call", name, "--help"], ["wait", name, "--help"]):
        with pytest.raises(SystemExit) as left:
            raise SystemExit(main(arguments))
        assert left.value.code in (0, 2)
    capsys.readouterr()


def test_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    commands = (
        ["--help"],
        ["run", "--help"],
        ["call", "--help"],
        ["bulk", "--help"],
        ["run", "wan25", "--help"],
    )
    for arguments in commands:
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0

    printed = capsys.readouterr().out
    assert "image_to_video" in printed
    assert "as Path" not in printed
    assert len(list(workflows())) > 10
