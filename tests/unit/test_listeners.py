"""The ready listeners: rich, tqdm and logging."""

from __future__ import annotations

import io
import logging
import sys
import types
from typing import Any

import pytest

from a2e_async import ConfigurationError
from a2e_async.client_events import (
    ClientEvent,
    Downloaded,
    Downloading,
    Failed,
    Finished,
    Polled,
    Reconciling,
    Started,
    Starting,
    StatusChanged,
    Throttled,
    Uploaded,
    Uploading,
)
from a2e_async.listeners import LogListener, RichListener, TqdmListener

LIFE: list[ClientEvent] = [
    Uploading(transfer=1, name="cat.png", sent=0, size=10),
    Uploading(transfer=1, name="cat.png", sent=5, size=10),
    Uploaded(transfer=1, name="cat.png", size=10, content_type="image/png"),
    Starting(workflow="avatar_video", start=2),
    Reconciling(workflow="avatar_video", start=2, error="ConnectionFailed"),
    Started(workflow="avatar_video", start=2, task_ids=("67d2",), coins=30),
    StatusChanged(workflow="avatar_video", task_id="67d2", status="copy\x1b[2J", progress=40.0),
    Polled(workflow="avatar_video", tasks=1, ended=0, seconds=0.1),
    Throttled(what="/api/v1/video/start", pause=1.0, attempt=1),
    Finished(workflow="avatar_video", task_ids=("67d2",), coins=30, elapsed=60.0, outputs=1),
    Downloading(transfer=3, name="67d2", received=0),
    Downloading(transfer=3, name="67d2", received=4, size=8),
    Downloaded(transfer=3, name="67d2.mp4", size=8),
    Starting(workflow="avatar_video", start=4),
    Failed(error="InvalidRequest", status=400, workflow="avatar_video", start=4),
]


def test_rich_shows_a_line_for_each_job_and_file() -> None:
    console = pytest.importorskip("rich.console").Console(
        file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False
    )
    shown: list[list[str]] = []
    with RichListener(console, text="waiting") as listener:
        for event in LIFE:
            listener(event)
            shown.append([f"{task.description} {task.percentage:.0f}" for task in listener._progress.tasks])

    lines = [" + ".join(line) for line in shown]
    assert lines[:7] == [
        "uploading cat.png 0",
        "uploading cat.png 50",
        "waiting 0",
        "avatar_video: starting 0",
        "avatar_video: answer lost, searching for the task 0",
        "avatar_video 67d2: accepted 0",
        "avatar_video 67d2: copy?[2J 40",
    ]
    assert lines[9:13] == ["waiting 0", "downloading 67d2 0", "downloading 67d2 50", "waiting 0"]
    assert lines[-1] == "waiting 0"


def test_rich_shows_no_more_lines_than_fit() -> None:
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), force_terminal=True)
    with RichListener(console, most=3) as listener:
        for number in range(100):
            listener(Starting(workflow="upscale", start=number))
        assert len(listener._progress.tasks) == 3
        for number in range(100):
            listener(Failed(error="APIError", workflow="upscale", start=number))
        assert not listener._progress.tasks


class FakeBar:
    def __init__(self, **options: Any) -> None:
        self.options = options
        self.count = 0
        self.postfix: dict[str, Any] = {}
        self.closed = False

    def update(self, count: int) -> None:
        self.count += count

    def set_postfix(self, facts: dict[str, Any]) -> None:
        self.postfix = facts

    def close(self) -> None:
        self.closed = True


def test_tqdm_counts_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    bars: list[FakeBar] = []

    def tqdm(**options: Any) -> FakeBar:
        bars.append(FakeBar(**options))
        return bars[0]

    auto = types.ModuleType("tqdm.auto")
    vars(auto)["tqdm"] = tqdm
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", auto)
    with TqdmListener(total=2, desc="kites") as listener:
        for event in LIFE[:6]:
            listener(event)
        assert bars[0].postfix == {"running": 1, "coins": "30"}
        for event in LIFE[6:]:
            listener(event)
    assert bars[0].options == {"total": 2, "unit": "job", "desc": "kites"}
    assert (bars[0].count, bars[0].postfix, bars[0].closed) == (2, {"failed": 1, "coins": "30"}, True)


@pytest.mark.parametrize(
    ("listener", "library"), [(RichListener, "rich.console"), (TqdmListener, "tqdm.auto")]
)
def test_a_missing_library_is_named(
    listener: type[Any], library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigurationError, match=f"pip install {library.partition('.')[0]}"):
        listener()


def test_events_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    listener = LogListener()
    with caplog.at_level(logging.INFO, "a2e_async.events"):
        for event in LIFE:
            listener(event)
    lines = [record.getMessage() for record in caplog.records]
    assert "started workflow=avatar_video start=2 task_ids=67d2 coins=30" in lines
    assert not any(line.startswith(("polled", "uploading", "downloading")) for line in lines)
    [failed] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert vars(failed)["a2e"]["status"] == 400
