"""``a2e get``, ``a2e delete`` and ``a2e download``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run


@pytest.fixture
def task_id(a2e: Run, sandbox: Sandbox) -> str:
    [task_id] = a2e("run", "text_to_image", "--prompt", "sandbox:sync", "--no-wait").cells("id")
    return task_id


def test_get_shows_a_task(task_id: str, a2e: Run) -> None:
    shown = a2e("get", "text-to-image", task_id)
    assert (shown.cells("id"), shown.cells("status")) == ([task_id], ["completed"])
    assert shown.cells("url")[0].startswith("http")
    [record] = a2e("get", "text_to_image", task_id, "--json").facts
    assert record["_id"] == task_id


def test_delete_asks_first(task_id: str, a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    refused = a2e("delete", "text_to_image", task_id)
    assert refused.code == 2
    assert "--yes" in refused.err[0]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    kept = a2e("delete", "text_to_image", task_id)
    assert kept.code == 1
    assert "Delete 1 task of text_to_image?" in kept.err[0]
    assert "nothing was deleted" in kept.err[0]

    assert a2e("delete", "text_to_image", task_id, "--yes").out == [f"deleted\t{task_id}"]
    assert a2e("list", "text_to_image").out == []
    assert a2e("delete", "text_to_image", task_id, "--yes", "--json").code == 1
    assert a2e("delete", "wan30", task_id).code == 2


def test_download_by_task_and_by_url(task_id: str, a2e: Run) -> None:
    by_task = a2e("download", "text-to-image", task_id, "--out", "one")
    assert by_task.code == 0
    [file] = by_task.cells("file")
    [url] = a2e("get", "text_to_image", task_id).cells("url")
    [facts] = a2e("download", url, "--download-to", "two", "--json").facts
    assert Path(facts["file"]).read_bytes() == Path(file).read_bytes()
    assert facts["url"] == url


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ((), "missing argument"),
        (("text_to_image",), "ID is missing: a2e download text_to_image ID"),
        (("https://e.com/a.png", "text_to_image"), "give either URLs, or a workflow and ids"),
        (("kite.png",), "no such workflow"),
    ],
)
def test_what_cannot_be_downloaded(sources: tuple[str, ...], message: str, a2e: Run) -> None:
    ended = a2e("download", *sources)
    assert ended.code == 2
    assert message in ended.err[0]
