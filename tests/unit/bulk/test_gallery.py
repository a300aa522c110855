"""A page about a run: it says what happened, nothing breaks out of it, and the run does not depend on it."""

from __future__ import annotations

import html.parser
import json
import logging
import os
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async import ConfigurationError, InvalidArgument, Job, Outcome, Result, gallery
from a2e_async._gallery import writing
from a2e_async._gallery.facts import facts_of
from a2e_async._gallery.page import Head, Page
from a2e_async._gallery.writing import Gallery
from a2e_async._spec.media import Upload
from a2e_async.errors import APIError, TaskFailed
from a2e_async.tasks import Task
from tests.unit.sample import Pictures, Service, client, each
from tests.virtual_time import run

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
CDN = "https://cdn.test"
WORKFLOW = Pictures(client(Service()))


class Tags(html.parser.HTMLParser):
    """The tags of a page, with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, name: str) -> list[str | None]:
        return [values.get(name) for each_tag, values in self.tags if each_tag == tag]


def made(job: Job[Any], *urls: str, index: int = 0, **values: Any) -> Outcome[Any]:
    record = {"_id": f"task{index}", "current_status": "completed", "image_urls": list(urls), "coins": 30}
    task = Task(job.workflow, [record])
    result = Result(task, (job.workflow.decode(record),), coins=30, elapsed=12.5)
    return Outcome(job, index, job.key, result, attempts=1, **values)


def failed(job: Job[Any], error: Exception, index: int = 1) -> Outcome[Any]:
    return Outcome(job, index, job.key, error=error, attempts=1)


async def page_of(path: Path, *outcomes: Outcome[Any], **options: Any) -> Tags:
    assert await gallery(outcomes, path, **options) == path / "index.html"
    return page_in(path)


def page_in(path: Path) -> Tags:
    assert [entry.name for entry in path.iterdir() if entry.name.endswith(".part")] == []
    return Tags((path / "index.html").read_text("utf-8"))


pytestmark = pytest.mark.anyio


async def test_a_page_shows_what_was_given_and_made(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cat & dog.png").write_bytes(PNG)
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (out / "deep" / "a #1?.png").write_bytes(PNG)
    job = WORKFLOW(
        prompt="a kite\nat sea",
        source_url=tmp_path / "in" / "cat & dog.png",
        source_urls=[
            f"{CDN}/b.png",
            f"{CDN}/c.png?X-Amz-Signature=secret",
            Upload(f"{CDN}/d.png", "", 1, "image/png"),
        ],
        max_images=2,
        extra_body={"webhook_token": "hunter2", "webhook_url": "https://app.test", "more": {"x": [1, None]}},
    ).with_key("kite")
    error = TaskFailed(
        "no face found at https://cdn.test/x.png?Signature=secret", record=WORKFLOW.decode({"coins": 7})
    )
    page = await page_of(
        out,
        made(job, f"{CDN}/made.png?Signature=secret", paths=[out / "deep" / "a #1?.png"]),
        failed(WORKFLOW(prompt="FAIL"), error),
        title="Kites <3",
    )

    assert page.all("img", "src") == [
        "data:image/png;base64,iVBORw0KGgpwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHNwaXhlbHM=",
        f"{CDN}/b.png",
        f"{CDN}/d.png",
        "./deep/a%20%231%3F.png",
    ]
    assert set(page.all("img", "loading")) == {"lazy"}
    for text in (
        "Kites <3",
        "2 jobs",
        "1 done",
        "1 failed",
        "a kite\nat sea",
        "cat & dog.png",
        "c.png",
        "max_images 2",
        'more {"x": [1, null]}',
        "37 coins",
        "30 coins",
        "7 coins",
        "12 s",
        "task0",
        "no face found at https://cdn.test/x.png?...",
    ):
        assert text in page.text
    whole = (out / "index.html").read_text("utf-8")
    assert not re.search(r"secret|hunter2|app\.test|not downloaded", whole)


async def test_without_downloads_links_are_shown_and_a_note(tmp_path: Path) -> None:
    jobs = [WORKFLOW(prompt="x").with_key(name) for name in "abc"]

    page = await page_of(
        tmp_path,
        made(jobs[0], f"{CDN}/a.mp4?Signature=1"),
        made(jobs[1], f"{CDN}/b.mp3", f"{CDN}/c", index=1),
        made(jobs[2], f"{CDN}/d.png", index=2, paths=["s3://bucket/d.png"]),
    )
    assert page.all("video", "src") == [f"{CDN}/a.mp4?Signature=1"]
    assert page.all("audio", "src") == [f"{CDN}/b.mp3"]
    assert page.all("video", "preload") == ["none"]
    assert f"{CDN}/c" in page.all("a", "href")
    assert "s3://bucket/d.png" in page.text
    assert "The files of 3 jobs were not downloaded" in page.text
    assert set(page.all("a", "rel")) == {"noopener noreferrer"}


async def test_the_page_loads_nothing_but_what_it_shows(tmp_path: Path) -> None:
    job = WORKFLOW(prompt="x")
    page = await page_of(tmp_path, made(job, f"{CDN}/a.png", paths=[tmp_path / "a.png"]))
    [policy] = [value for value in page.all("meta", "content") if value and "default-src" in value]
    assert policy.startswith("default-src 'none'; img-src 'self' file: data:; media-src 'self' file: data:; ")
    assert "https" not in policy
    assert "unsafe" not in policy
    whole = (tmp_path / "index.html").read_text("utf-8")
    assert not re.search(r"https?://", whole)
    assert page.all("link", "href") == []

    page = await page_of(tmp_path, made(job, f"{CDN}/a.png"))
    [policy] = [value for value in page.all("meta", "content") if value and "default-src" in value]
    assert "img-src 'self' file: data: https: http:;" in policy


EVIL = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--",
    "]]>",
    "\u2028\u2029\u202e\x00\x1b",
    "&lt;b&gt;",
    "\ud800",
    "javascript:alert(1)",
]
HEAD = Head("t", 1, 0, None, 0, False, 0, (), "now", True)


def rendered(text: str) -> Tags:
    body: dict[str, Any] = {"source_url": f"{CDN}/a.png", "extra_body": {"new": text, f"x{text}": 1}}
    job: Any = WORKFLOW(prompt=f"x{text}", **body)
    outcome = Outcome(
        job, 0, f"k{text}", made(job, f"{CDN}/{text}.png").result, error=APIError(text, status=400)
    )
    facts = json.loads(json.dumps(facts_of(outcome)))
    head = Head(f"t{text}", 1, 0, None, 1, True, 0, ("a", f"b{text}"), "now", True)
    pieces = "".join(Page("/nowhere").pieces(head, [facts]))
    return Tags(pieces.encode("utf-8", "replace").decode())


SHAPE = [tag for tag, _ in rendered("x").tags]


@given(st.text(max_size=40), st.sampled_from(EVIL))
def test_no_text_breaks_out(text: str, evil: str) -> None:
    try:
        tags = rendered(text + evil)
    except InvalidArgument as error:
        assert "surrogate" in str(error)  # noqa: PT017 - other texts must not be refused
        return
    assert [tag for tag, _ in tags.tags] == SHAPE
    assert not [name for _, values in tags.tags for name in values if name.startswith("on")]
    for tag, values in tags.tags:
        address = values.get("src") or values.get("href")
        assert address is None or address.startswith(("https://cdn.test/", "./", "data:")), tag


async def test_small_pictures_are_copied_and_others_are_linked_to(tmp_path: Path) -> None:
    big, text, gone = tmp_path / "big.png", tmp_path / "text.png", tmp_path / "gone.png"
    big.write_bytes(PNG + bytes(writing_limit()))
    text.write_bytes(b"<svg onload=alert(1)>")
    gone.write_bytes(PNG)
    inside = tmp_path / "out" / "in.png"
    inside.parent.mkdir()
    inside.write_bytes(PNG)
    jobs = [WORKFLOW(prompt="x", source_url=path) for path in (big, text, gone, inside)]
    gone.unlink()
    jobs += [
        WORKFLOW(prompt="x", source_url=content) for content in (PNG, PNG + bytes(writing_limit()), b"no")
    ]

    page = await page_of(tmp_path / "out", *[made(job, index=index) for index, job in enumerate(jobs)])
    sources = [source or "" for source in page.all("img", "src")]
    assert sources[:4] == ["../big.png", "../text.png", "../gone.png", "./in.png"]
    assert [source[:22] for source in sources[4:]] == ["data:image/png;base64,"]
    assert "source_url (64.0" in page.text
    assert "source_url (2 bytes)" in page.text


def writing_limit() -> int:
    from a2e_async._gallery.facts import MOST_EMBEDDED

    return MOST_EMBEDDED


async def test_outcomes_are_in_the_order_of_their_jobs(tmp_path: Path) -> None:
    jobs = [WORKFLOW(prompt=f"p{number}").with_key("same") for number in range(3)]
    outcomes = [made(jobs[2], index=2), failed(jobs[0], ValueError("early"), 0), made(jobs[1], index=1)]
    page = await page_of(tmp_path, *outcomes)
    assert page.all("article", "data-index") == ["0", "1", "2"]
    assert "2 done · 1 failed" in page.text


def test_where_jobs_repeat_the_last_outcome_counts(tmp_path: Path) -> None:
    job = WORKFLOW(prompt="x").with_key("k")
    page = Gallery(tmp_path, repeats=True)
    page.add(failed(job, ValueError("early"), 0))
    page.add(made(job, index=1))
    page.save_and_close()
    assert "1 job · 1 done" in page_in(tmp_path).text
    assert "early" not in page_in(tmp_path).text


async def test_a_key_that_the_run_derived_is_no_title(tmp_path: Path) -> None:
    outcome = attrs.evolve(made(WORKFLOW(prompt="x"), f"{CDN}/0"), key="pictures-1a2b")
    page = await page_of(tmp_path, outcome)
    assert "job 0 pictures" in page.text
    assert "task0 · pictures-1a2b" in page.text  # for the search, and to find its files
    assert page.all("img", "src") == [f"{CDN}/0"]  # its field says what it is


async def test_an_empty_page_says_so(tmp_path: Path) -> None:
    assert "Nothing to show." in (await page_of(tmp_path)).text


async def test_outcomes_may_come_one_by_one(tmp_path: Path) -> None:
    path = await gallery(each([made(WORKFLOW(prompt="x"))]), str(tmp_path / "a.html"))
    assert path == tmp_path / "a.html"
    assert "Results in" in path.read_text("utf-8")
    assert (path.stat().st_mode & 0o777) == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


async def test_where_no_page_can_be_is_said_before(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html>mine</html>")
    (tmp_path / "file").write_text("")

    for path, problem in (
        (tmp_path, "is there already, and is no gallery"),
        (tmp_path / "file" / "x.html", "cannot be written"),
        ("s3://bucket/index.html", "is not the path of a page on this machine"),
        ("", "is not the path"),
        (7, "is not the path"),
    ):
        with pytest.raises(InvalidArgument, match=f"path: .*{problem}"):
            client(Service()).bulk([]).gallery(path)  # type: ignore[arg-type]

    assert (tmp_path / "index.html").read_text() == "<html>mine</html>"
    with pytest.raises(InvalidArgument, match="outcomes: str is not an Outcome"):
        await gallery("abc", tmp_path / "a.html")
    with pytest.raises(InvalidArgument, match="outcomes: int is not an iterable of Outcomes"):
        await gallery(7, tmp_path / "a.html")  # type: ignore[arg-type]


# A page of a run.


def jobs_of(workflow: Pictures, count: int) -> AsyncIterator[Job[Any]]:
    prompts = [f"kite {number}{' FAIL' if number == 3 else ''}" for number in range(count)]
    return each([workflow(prompt=prompt).with_key(f"k{number}") for number, prompt in enumerate(prompts)])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_run_writes_its_page(backend: str, tmp_path: Path) -> None:
    async def main() -> None:
        a2e = client(Service())
        async with a2e.bulk(jobs_of(Pictures(a2e), 6)) as bulk:
            assert bulk.gallery(tmp_path / "out" / "index.html") == tmp_path / "out" / "index.html"
            assert not (tmp_path / "out" / "index.html").exists()
            async for _ in bulk:
                pass

    run(backend, main)
    page = Tags((tmp_path / "out" / "index.html").read_text("utf-8"))
    assert page.all("article", "data-index") == ["0", "1", "2", "3", "4", "5"]
    assert "5 done · 1 failed · 180 coins" in page.text
    assert "TaskFailed" in page.text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]


def test_a_run_that_is_broken_off_writes_what_it_knows(tmp_path: Path) -> None:
    async def main() -> None:
        a2e = client(Service())
        async with a2e.bulk(jobs_of(Pictures(a2e), 20), concurrency=4) as bulk:
            bulk.gallery(tmp_path)
            async for _ in bulk:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("asyncio", main)
    rows = Tags((tmp_path / "index.html").read_text("utf-8")).all("article", "data-index")
    assert 1 <= len(rows) < 20


def test_an_open_run_has_a_page_too(tmp_path: Path) -> None:
    async def main() -> None:
        a2e = client(Service())
        workflow = Pictures(a2e)
        async with a2e.bulk() as bulk:
            bulk.gallery(tmp_path)
            await bulk.result(workflow(prompt="kite").with_key("k"))
            await bulk.result(workflow(prompt="kite").with_key("k"))
            await bulk.outcome(workflow(prompt="FAIL").with_key("l"))

    run("asyncio", main)
    page = Tags((tmp_path / "index.html").read_text("utf-8"))
    assert len(page.all("article", "class")) == 2


def test_a_page_that_is_asked_for_late_says_what_it_lacks(tmp_path: Path) -> None:
    async def main() -> None:
        a2e = client(Service())
        async with a2e.bulk(jobs_of(Pictures(a2e), 3), concurrency=1) as bulk:
            await anext(bulk)
            bulk.gallery(tmp_path)
            async for _ in bulk:
                pass
        with pytest.raises(ConfigurationError, match="does not keep its outcomes"):
            bulk.gallery(tmp_path)

    run("asyncio", main)
    assert re.search(
        r"Not shown: \d jobs? that ended before", Tags((tmp_path / "index.html").read_text("utf-8")).text
    )


def test_a_page_that_cannot_be_written_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> int:
        a2e = client(Service())
        async with a2e.bulk(jobs_of(Pictures(a2e), 3)) as bulk:
            bulk.gallery(tmp_path / "gone" / "index.html")
            (tmp_path / "gone").rmdir()
            return len([outcome async for outcome in bulk])

    with caplog.at_level(logging.WARNING, "a2e_async"):
        assert run("asyncio", main) == 3
    assert "gallery: " in caplog.text
    assert "cannot be written" in caplog.text

    def broken(outcome: object) -> Any:
        raise RuntimeError("a bug")

    caplog.clear()
    monkeypatch.setattr(writing, "facts_of", broken)
    with caplog.at_level(logging.WARNING, "a2e_async"):
        assert run("asyncio", main) == 3
    assert caplog.text.count("a bug") == 1


def test_the_page_is_written_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(threading, "Thread", Now)
    page = Gallery(tmp_path)
    page.add(made(WORKFLOW(prompt="x")))
    first = (tmp_path / "index.html").read_text("utf-8")
    assert "the run was still going on" in first
    page.add(made(WORKFLOW(prompt="y"), index=1))
    assert (tmp_path / "index.html").read_text("utf-8") == first  # not again so soon
    page.save_and_close()
    assert "2 jobs" in Tags((tmp_path / "index.html").read_text("utf-8")).text


class Now:
    """A thread that does its work at once."""

    def __init__(self, *, target: Any, name: str, daemon: bool) -> None:
        self.start = target


def test_memory_does_not_grow_with_the_outcomes(tmp_path: Path) -> None:
    page = Gallery(tmp_path)
    for index in range(50):
        page.add(made(WORKFLOW(prompt="x" * 2000).with_key(f"k{index}"), f"{CDN}/a.png", index=index))
    assert page._end > 50 * 2000
    assert len(page._notes) == 50
    page.save_and_close()
