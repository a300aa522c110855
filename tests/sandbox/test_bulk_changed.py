"""A key means one body, and what is finished needs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, InvalidArgument, Job, TaskFailed
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import (
    PRICE,
    cancel_when,
    drained,
    entries,
    ids,
    pictures,
    rerun,
    stage,
)

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def keyed(**body: Any) -> Callable[[A2E], Iterable[Job[Any]]]:
    """One job with the key "scene"."""
    given = {"image_url": "https://e.com/a.png", "prompt": "it waves", **body}
    return lambda a2e: [a2e.image_to_video(**given).with_key("scene")]


async def test_another_prompt_under_the_same_key_is_refused_and_named(journal: Path) -> None:
    async with stage() as on:
        [first] = await rerun(on, keyed(), journal=journal)
        [outcome] = await rerun(on, keyed(prompt="it runs"), journal=journal)
        assert isinstance(outcome.error, InvalidArgument)
        assert outcome.result is None
        assert "prompt was 'it waves' and is now 'it runs'" in str(outcome.error)
        assert 'changed="restart"' in str(outcome.error)
        assert on.made() == 1

        [again] = await rerun(on, keyed(), journal=journal)
        assert again.replayed
        assert ids([again]) == ids([first])


async def test_a_changed_job_is_made_anew_by_choice_and_only_once(journal: Path) -> None:
    async with stage() as on:
        await rerun(on, keyed(), journal=journal)
        for replayed in (False, True):
            [outcome] = await rerun(on, keyed(prompt="it runs"), journal=journal, changed="restart")
            assert outcome.result is not None
            assert outcome.replayed is replayed
            assert outcome.result.record.raw["prompt"] == "it runs"
        assert on.made() == 2

        # What the replaced one has cost still counts.
        async with on.a2e.bulk([], journal=journal, max_coins=1000.0) as run:
            assert await drained(run) == []
        assert sum(row["coins"] for row in entries(journal)) == 2 * PRICE
        assert [row["state"] for row in entries(journal)] == ["replaced", "done"]


async def test_a_key_given_to_another_workflow_is_restarted_by_choice_too(journal: Path) -> None:
    async with stage() as on:

        def kite(a2e: A2E) -> list[Job[Any]]:
            return [a2e.text_to_image(prompt="a kite").with_key("scene")]

        await rerun(on, keyed(), journal=journal)
        [refused] = await rerun(on, kite, journal=journal)
        assert "is a job of image_to_video" in str(refused.error)
        [made] = await rerun(on, kite, journal=journal, changed="restart")
        assert made.error is None
        assert on.made() == 2


@pytest.mark.parametrize("unkeyed", [False, True])
async def test_where_results_are_sent_to_makes_no_other_job(journal: Path, unkeyed: bool) -> None:
    async with stage() as on:
        for number in range(3):

            def jobs(a2e: A2E, number: int = number) -> list[Job[Any]]:
                job = a2e.image_to_video(
                    image_url="https://e.com/a.png",
                    prompt="it waves",
                    webhook_url=f"https://tunnel-{number}.e.com/a2e",
                    webhook_token=f"token-{number}",
                    extra_body={"scale": 1024 if number else 1024.0},
                )
                return [job if unkeyed else job.with_key("scene")]

            [outcome] = await rerun(on, jobs, journal=journal)
            assert outcome.error is None
        assert outcome.replayed
        assert on.made() == 1


async def test_a_job_that_was_refused_may_be_corrected_under_its_key(journal: Path) -> None:
    """Nothing was made, so nothing could be mistaken for the new job's result."""
    async with stage() as on:
        [refused] = await rerun(on, keyed(extra_body={"video_time": "long"}), journal=journal)
        assert refused.error is not None
        [made] = await rerun(on, keyed(), journal=journal)
        assert made.error is None
        [other] = await rerun(on, keyed(prompt="it runs"), journal=journal)
        assert isinstance(other.error, InvalidArgument)
        assert on.made() == 1


async def test_another_picture_under_the_same_name_is_another_job(journal: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    async with stage() as on:
        await rerun(on, keyed(image_url=picture), journal=journal)
        picture.write_bytes(PNG + b"x")
        [outcome] = await rerun(on, keyed(image_url=picture), journal=journal)
        assert isinstance(outcome.error, InvalidArgument)
        assert "image_url was" in str(outcome.error)
        assert on.made() == 1


def with_picture(path: Path, key: str | None) -> Callable[[A2E], Iterable[Job[Any]]]:
    def jobs(a2e: A2E) -> Iterable[Job[Any]]:
        job = a2e.image_to_video(image_url=path, prompt="it waves")
        yield job if key is None else job.with_key(key)

    return jobs


@pytest.mark.parametrize("key", ["scene", None])
async def test_a_finished_job_needs_no_file(journal: Path, tmp_path: Path, key: str | None) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    async with stage() as on:
        [first] = await rerun(on, with_picture(picture, key), journal=journal)
        picture.rename(tmp_path / "moved.png")
        [again] = await rerun(on, with_picture(picture, key), journal=journal)
        assert again.replayed
        assert ids([again]) == ids([first])
        assert again.key == first.key
        assert on.made() == 1

        [other] = await rerun(on, with_picture(tmp_path / "no.png", key), journal=journal)
        assert isinstance(other.error, InvalidArgument)
        assert on.made() == 1


@pytest.mark.parametrize("key", ["scene", None])
async def test_an_accepted_job_needs_no_file(journal: Path, tmp_path: Path, key: str | None) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    async with stage(durations={"*": 500.0}) as on:

        async def begin() -> None:
            await rerun(on, with_picture(picture, key), journal=journal)

        await cancel_when(begin, lambda: on.sandbox.ledger.count("batch") > 0)
        picture.unlink()
        [outcome] = await rerun(on, with_picture(picture, key), journal=journal)
        assert outcome.error is None
        assert on.made() == 1


async def test_a_failed_job_is_replayed_without_its_file(journal: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    async with stage(faults=Faults(task_fails=1.0)) as on:
        await rerun(on, with_picture(picture, "scene"), journal=journal)
        picture.unlink()
        [outcome] = await rerun(on, with_picture(picture, "scene"), journal=journal)
        assert isinstance(outcome.error, TaskFailed)
        assert outcome.replayed


async def test_a_path_whose_content_changed_is_not_guessed_at(journal: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    async with stage() as on:
        for content in (PNG, PNG + b"x"):
            picture.write_bytes(content)
            await rerun(on, with_picture(picture, None), journal=journal)
        picture.unlink()
        [outcome] = await rerun(on, with_picture(picture, None), journal=journal)
        assert isinstance(outcome.error, InvalidArgument)
        assert on.made() == 2


async def test_the_same_job_twice_is_found_twice_without_its_file(journal: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)

    def twice(a2e: A2E) -> list[Job[Any]]:
        return [*with_picture(picture, None)(a2e), *with_picture(picture, None)(a2e)]

    async with stage() as on:
        first = await rerun(on, twice, journal=journal)
        picture.unlink()
        again = await rerun(on, twice, journal=journal)
        assert sorted(ids(again)) == sorted(ids(first))
        assert len(set(ids(again))) == on.made() == 2

        def thrice(a2e: A2E) -> list[Job[Any]]:
            return [*twice(a2e), *with_picture(picture, None)(a2e)]

        outcomes = await rerun(on, thrice, journal=journal)
        assert [bool(outcome.error) for outcome in outcomes].count(True) == 1
        assert on.made() == 2


async def test_a_new_job_without_its_file_is_refused_alone(journal: Path, tmp_path: Path) -> None:
    async with stage() as on:
        jobs = [*pictures(on.a2e, 2), *with_picture(tmp_path / "no.png", "scene")(on.a2e)]
        async with on.a2e.bulk(jobs, journal=journal) as run:
            outcomes = await drained(run)
        assert [type(outcome.error) for outcome in outcomes] == [type(None), type(None), InvalidArgument]
        assert len(entries(journal)) == 2


@pytest.mark.parametrize("path", [":memory:", Path(":memory:")])
async def test_a_journal_in_memory_is_refused(path: Any) -> None:
    async with stage() as on:
        with pytest.raises(InvalidArgument, match="would be lost with the process"):
            on.a2e.bulk([], journal=path)


async def test_an_unknown_choice_is_refused() -> None:
    async with stage() as on:
        with pytest.raises(InvalidArgument, match="'raise', 'restart'"):
            on.a2e.bulk([], changed="again")  # type: ignore[call-overload]
