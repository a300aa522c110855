"""Values in a console and in a notebook: one line, and a card in which no text can break out of its place."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async import Outcome, Quote, Result, Summary, WorkflowSummary
from a2e_async._html.cards import counted, seconds_text
from a2e_async._html.tags import player
from a2e_async._tasks.outputs import medium_of_output, medium_of_url
from a2e_async.errors import WaitTimeout
from a2e_async.records import Record
from a2e_async.tasks import Task
from tests.unit.sample import Pictures, Service, client

WORKFLOW = Pictures(client(Service()))
CDN = "https://cdn.test"


class Tags(html.parser.HTMLParser):
    """The tags of a page, with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.tags]


def made(*urls: str, prompt: str = "a red kite") -> Result[Any]:
    raw = {"_id": "a1", "current_status": "completed", "image_urls": urls and list(urls), "prompt": prompt}
    return Result(Task(WORKFLOW, [raw]), (WORKFLOW.decode(raw),), coins=30, elapsed=75.0)


def card(value: Any) -> Tags:
    tags = Tags(value._repr_html_())
    assert tags.open == []
    assert not {"script", "style", "link", "iframe"} & set(tags.names)
    return tags


def test_values_are_one_line() -> None:
    job = WORKFLOW(prompt="a\nkite " * 100, source_url=b"x" * 1000).with_key("k")
    result = made(f"{CDN}/a.png", f"{CDN}/b.png")
    many = Task(WORKFLOW, [{"_id": f"a{number}"} for number in range(100)])
    error = WaitTimeout("not\nyet " * 100, task=many)
    workflows = {f"w{number}": WorkflowSummary(1) for number in range(100)}

    assert repr(result) == "Result(pictures, a1, 2 files: 'https://cdn.test/a.png', 30 coins, 1 min 15 s)"
    assert repr(many) == "Task(pictures, a0, a1, a2, and 97 more)"
    assert (
        repr(Outcome(job, 3, "k", result, paths=[Path("a.png")])) == "Outcome(3, k, pictures, done, 1 file)"
    )
    assert repr(Outcome(job, 3, error=error)).startswith("Outcome(3, pictures, failed, WaitTimeout: not yet")
    assert repr(Quote(3.0, Record.decode({}))) == "Quote(3 coins)"
    assert repr(Quote(None, Record.decode({}))) == "Quote(no price)"
    summary = Summary(12, 10, 2, 0, 0, 0, 1, 0, 330.5, 14, workflows, error)
    assert repr(summary).startswith(
        "Summary(12 jobs, 10 done, 2 failed, 1 not started, 330.5 coins, 14 requests, stopped by WaitTimeout"
    )
    for value in (job, many, summary, Outcome(job, 3, error=error), WORKFLOW.list()):
        assert "\n" not in repr(value)
        assert len(repr(value)) < 260


def test_a_wide_record_and_a_run_are_one_line_too() -> None:
    urls = [f"{CDN}/{number}.png" for number in range(50)]
    record = WORKFLOW.decode({"_id": "a1", "name": "n" * 100, "image_url": "u" * 100, "image_urls": urls})
    assert len(repr(record)) < 340
    assert repr(record).endswith("...)")
    assert repr(client(Service()).bulk([])) == "BulkRun(0 jobs, 0 coins, 0 requests)"


def test_a_result_shows_its_pictures() -> None:
    tags = card(made(f"{CDN}/a.png?X-Amz-Signature=1&b=2", f"{CDN}/b.png"))
    assert [values["src"] for name, values in tags.tags if name == "img"] == [
        f"{CDN}/a.png?X-Amz-Signature=1&b=2",
        f"{CDN}/b.png",
    ]
    assert {values["alt"] for name, values in tags.tags if name == "img"} == {"a red kite"}
    for text in ("pictures", "a red kite", "30 coins", "1 min 15 s", "expire about three days"):
        assert text in tags.text


def test_a_url_without_a_suffix_is_shown_as_its_field_says() -> None:
    assert "img" in card(made(f"{CDN}/a/0?sig=x")).names
    assert medium_of_output({"data": {"video_url": f"{CDN}/0"}}, f"{CDN}/0") == "video"
    assert medium_of_output({"result_url": f"{CDN}/0"}, f"{CDN}/0") == ""


@pytest.mark.parametrize(("url", "tag"), [("a.mp4", "video"), ("a.mp3", "audio"), ("a.zip", "a")])
def test_other_media_have_players_or_links(url: str, tag: str) -> None:
    tags = card(made(f"{CDN}/{url}"))
    assert tag in tags.names
    assert "img" not in tags.names


def test_many_files_are_not_all_shown() -> None:
    tags = card(made(*[f"{CDN}/{number}.png" for number in range(20)]))
    assert tags.names.count("img") == 8
    assert "and 12 more" in tags.text


def test_other_values_have_cards_too() -> None:
    job = WORKFLOW(prompt="a kite", extra_body={"webhook_token": "hunter2"}).with_key("k").with_quote(3)
    tags = card(job)
    assert all(text in tags.text for text in ("pictures", "a kite", "3 coins", "run() starts it"))
    assert "await" not in tags.text + card(WORKFLOW.task("a1")).text  # it is shown without async, too
    assert "hunter2" not in tags.text

    assert "processing" in card(Task(WORKFLOW, [{"_id": "a1", "status": "Processing"}])).text
    assert "a1" in card(WORKFLOW.task("a1")).text
    good = card(Outcome(job, 0, "k", made(f"{CDN}/a.png"), paths=[Path("out/a.png")]))
    assert "out/a.png" in good.text
    assert "img" in good.names
    bad = card(Outcome(job, 0, error=ValueError("<no>")))
    assert "no result" in bad.text
    assert "ValueError: <no>" in bad.text
    numbers = WorkflowSummary(10, 2, errors={"TaskFailed": 2})
    text = card(Summary(12, 10, 2, 0, 0, 0, 0, 0, 330.0, 14, {"pictures": numbers}, None)).text
    assert "10 done, 2 failed: 2 x TaskFailed" in text
    assert "Quote: 3 coins" in card(Quote(3.0, Record.decode({}))).text


@given(
    st.text(max_size=60),
    st.sampled_from(["", "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>"]),
)
def test_no_text_breaks_out(text: str, evil: str) -> None:
    plain = card(made(f"{CDN}/a.png", prompt="x")).names
    tags = card(made(f"{CDN}/a.png", prompt=f"x{text}{evil}"))
    assert tags.names == plain
    name = re.sub("[/?#]", "", text + evil)
    tags = card(made(f"{CDN}/a{name}.png"))
    assert tags.names == plain
    assert all(name in _ATTRIBUTES for _, values in tags.tags for name in values)


_ATTRIBUTES = {"style", "href", "target", "rel", "src", "alt", "loading", "referrerpolicy", "scope"}


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)//a.png", "data:text/html,x.png", "file:///etc/a.png", "a.png"]
)
def test_only_the_web_is_linked_to(url: str) -> None:
    assert Tags(player(url, "", "image")).names == ["code"]


def test_numbers_and_times() -> None:
    assert [counted(number, "coin") for number in (None, 0, 1, 2.5, 1234567)] == [
        "",
        "0 coins",
        "1 coin",
        "2.5 coins",
        "1,234,567 coins",
    ]
    assert [seconds_text(seconds) for seconds in (0, 1.24, 59.6, 3600)] == [
        "",
        "1.2 s",
        "1 min 0 s",
        "60 min 0 s",
    ]
    assert [medium_of_url(name) for name in ("a.PNG?x=.mp4", "b/c.mp3#t", "d.txt", "e")] == [
        "image",
        "audio",
        "",
        "",
    ]
