"""Runs sixty jobs of four workflows at once: uploads files, waits for the tasks, shows the results.

python -m a2e_async.demo           uses a local A2E that injects faults; needs no account
python -m a2e_async.demo --live    uses the real service and A2E_API_TOKEN; shows the cost first
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async import A2E, A2EError, Job, Outcome, StartPolicy, Summary
from a2e_async.cli.streams import escaping
from a2e_async.demo_board import Board

if TYPE_CHECKING:
    from a2e_async import WorkflowSummary
    from a2e_async.sandbox import Sandbox
    from a2e_async.sandbox.ledger import Ledger

_WORKFLOWS: Sequence[str] = ("text_to_image", "image_to_video", "talking_photo", "upscale")
_PICTURES = 6
_MARK = ".a2e-demo"  # in the folders whose content the demo may delete


class _Refused(Exception):
    """Raised before anything is done; its text says why."""


@attrs.frozen
class Options:
    """The options of the command line; `output` is the folder for the results."""

    live: bool
    yes: bool
    jobs: int
    output: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every job was made, paid and delivered once.
    """
    options = _parse(arguments)

    try:
        with escaping():
            _empty(options)
            return anyio.run(_demo, options)
    except KeyboardInterrupt:
        for part in options.output.glob("*.part*"):
            part.unlink(missing_ok=True)
        print("\nstopped; nothing is left running", file=sys.stderr)
        return 130
    except (A2EError, OSError, _Refused) as error:
        print(f"{type(error).__name__.lstrip('_')}: {error}", file=sys.stderr)
        return 1


def _empty(options: Options) -> None:
    """Remove the results of the last run, if they are the local A2E's. What coins were paid for is kept."""
    folder, mark = options.output, options.output / _MARK
    content = list(folder.iterdir()) if folder.exists() else []

    if content and not mark.exists() and not options.live:
        raise _Refused(f"{folder} has files that the demo did not make; name another folder with --output")

    for path in content if mark.exists() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    folder.mkdir(parents=True, exist_ok=True)
    if not options.live:
        mark.touch()


async def _demo(options: Options) -> int:
    with tempfile.TemporaryDirectory(prefix="a2e-demo-") as folder:
        pictures, speech = await anyio.to_thread.run_sync(_make_inputs, Path(folder))

        board = Board()
        if options.live:
            async with A2E(on_event=board.note) as a2e:
                jobs = list(_jobs(a2e, options.jobs, pictures, speech))
                if not await _confirm_cost(a2e, jobs, options):
                    return 1
                return await _run(a2e, jobs, options, board, None)

        logging.getLogger("a2e_async").addHandler(logging.NullHandler())  # the report counts the faults
        async with _sandbox() as sandbox:
            print(f"A local A2E runs at {sandbox.url}; it makes trouble on purpose.")
            async with A2E(
                sandbox.token,
                base_url=sandbox.url,
                start=StartPolicy(window=3.0, resubmit=True),
                on_event=board.note,
            ) as a2e:
                jobs = list(_jobs(a2e, options.jobs, pictures, speech))
                return await _run(a2e, jobs, options, board, sandbox)


def _sandbox() -> Sandbox:
    from a2e_async.sandbox import Faults, Sandbox

    faults = Faults(
        latency=0.03,
        jitter=0.02,
        status_429=0.04,
        retry_after=0.5,
        reset_before=0.03,
        reset_after=0.04,
        task_fails=0.1,
    )
    seconds = (3.0, 8.0, 6.0, 4.0)
    durations = {name: (mean, mean / 4) for name, mean in zip(_WORKFLOWS, seconds, strict=True)}
    return Sandbox(faults=faults, durations=durations, seed=7)


def _jobs(a2e: A2E, count: int, pictures: Sequence[Path], speech: Path) -> Iterator[Job[Any]]:
    for number in range(count):
        picture = pictures[number % len(pictures)]
        name = f"demo {number:02d}"

        match _WORKFLOWS[number % len(_WORKFLOWS)]:
            case "text_to_image":
                yield a2e.text_to_image(prompt=f"a red kite over the sea, no. {number}", name=name)
            case "image_to_video":
                yield a2e.image_to_video(image_url=picture, prompt="the camera moves closer", name=name)
            case "talking_photo":
                yield a2e.talking_photo(
                    image_url=picture, audio_url=speech, prompt="speaks", negative_prompt="blur", name=name
                )
            case _:
                yield a2e.upscale(source_url=picture, name=name)


async def _confirm_cost(a2e: A2E, jobs: Sequence[Job[Any]], options: Options) -> bool:
    """Print what the jobs will cost, and ask whether to go on."""
    quotes: dict[str, float | None] = {}
    for job in jobs:
        if job.workflow.name not in quotes:
            quotes[job.workflow.name] = (await a2e.quote(job)).coins

    counts = Counter(job.workflow.name for job in jobs)
    print(f"Against {a2e!r}, this will cost real coins:")
    for name, count in counts.items():
        price = quotes[name]
        print(f"  {count:3d} x {name:16s} {'price not known' if price is None else f'{price:g} coins each'}")
    known = sum(count * (quotes[name] or 0.0) for name, count in counts.items())
    print(f"  {known:g} coins in all, as far as known; uploads are charged too")

    if options.yes:
        return True
    if not sys.stdin.isatty():
        print("Nothing was started. Use --yes to go on.")
        return False
    answer = await anyio.to_thread.run_sync(input, "Go on? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


async def _run(
    a2e: A2E, jobs: Sequence[Job[Any]], options: Options, board: Board, sandbox: Sandbox | None
) -> int:
    board.expect(Counter(job.workflow.name for job in jobs))
    outcomes: list[Outcome] = []

    with board.drawn() as is_drawn:
        async with a2e.bulk(jobs, concurrency=32, download_to=options.output) as run:
            page = run.gallery(options.output / "index.html", title="A2E demo")
            async for outcome in run:
                outcomes.append(outcome)
                board.end(outcome)
                if not is_drawn:
                    _print_outcome(outcome, len(outcomes), len(jobs))

    _print_numbers(run.summary(), sandbox)
    if is_drawn:
        _print_failures(outcomes)
    print(f"Look at the results: {page}")
    return 0 if _all_is_right(outcomes, len(jobs), sandbox) else 1


def _print_outcome(outcome: Outcome, count: int, total: int) -> None:
    end = f"failed: {outcome.error}" if outcome.error else ", ".join(map(str, outcome.paths))
    print(f"[{count:3d}/{total}] {outcome.job.workflow.name}: {end}", flush=True)


def _print_failures(outcomes: Sequence[Outcome]) -> None:
    """Print each reason once. The text of an error names its task, the reason does not."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    reasons = Counter((one.job.workflow.name, getattr(one.error, "reason", one.error)) for one in failed)
    for (name, reason), count in reasons.items():
        print(f"{count} x {name} failed: {reason}")


def _all_is_right(outcomes: Sequence[Outcome], jobs: int, sandbox: Sandbox | None) -> bool:
    """Say whether every job was made, paid and delivered exactly once, as far as that can be known."""
    failed = sum(outcome.error is not None for outcome in outcomes)
    saved = sum(outcome.error is None and all(map(os.path.exists, outcome.paths)) for outcome in outcomes)
    delivered = failed + saved
    ends = f"{delivered} delivered ({saved} with files, {failed} failed)"

    if sandbox is None:
        print(f"{jobs} jobs, {ends}.")
        return delivered == jobs

    ledger = sandbox.ledger
    made, coins = ledger.made(), sum(ledger.charged.values()) - ledger.charged["storage"]
    paid = made if coins == sum(entry.coins for entry in ledger.tasks) else -1
    print(f"{jobs} jobs = {made} tasks made = {paid} paid = {ends}.")
    return {jobs} == {made, paid, delivered}


def _print_numbers(summary: Summary, sandbox: Sandbox | None) -> None:
    """Print the run in numbers, beside the numbers of the local A2E."""
    ledger = sandbox.ledger if sandbox else None
    header = ("workflow", "jobs", "done", "failed", "mean s", "polls/task", "coins", "tasks made")
    _print_table([header, *(_row(name, numbers, ledger) for name, numbers in summary.workflows.items())])
    print(f"{summary.requests} API requests, {summary.coins:g} coins")

    if ledger:
        faults = ", ".join(f"{count} x {kind}" for kind, count in sorted(ledger.faults.items()))
        print(f"Faults on the way: {faults or 'none'}")


def _row(name: str, numbers: WorkflowSummary, ledger: Ledger | None) -> tuple[str, ...]:
    made = ledger.made(name) if ledger else None
    polls = f"{ledger.count(f'{name}.batch_detail') / made:.2f}" if ledger and made else "-"

    return (
        name,
        str(numbers.done + numbers.failed),
        str(numbers.done),
        str(numbers.failed),
        f"{numbers.mean_duration:.1f}",
        polls,
        f"{numbers.coins:g}",
        "-" if made is None else str(made),
    )


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]))


def _make_inputs(folder: Path) -> tuple[Sequence[Path], Path]:
    """Make small pictures and a sound, so that the demo needs no files."""
    from a2e_async.sandbox import media
    from a2e_async.sandbox.scenes import Scene

    pictures = []
    for number in range(1, _PICTURES + 1):
        picture = folder / f"picture-{number}.png"
        picture.write_bytes(media.make("png", Scene(f"picture {number}", f"PICTURE {number}")))
        pictures.append(picture)

    speech = folder / "speech.wav"
    speech.write_bytes(media.make("wav", Scene("speech", seconds=2.0)))
    return pictures, speech


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m a2e_async.demo", description="Runs sixty jobs of four workflows at once."
    )
    parser.add_argument(
        "--live", action="store_true", help="use the real service and A2E_API_TOKEN; costs coins"
    )
    parser.add_argument("--yes", action="store_true", help="with --live: do not ask before coins are spent")
    parser.add_argument("--jobs", type=int, help="the number of jobs (default: 60; with --live: 4)")
    parser.add_argument(
        "--output", type=Path, default=Path("demo-output"), help="the folder for the results (%(default)s)"
    )

    given = parser.parse_args(arguments)
    jobs = given.jobs or (4 if given.live else 60)
    if jobs < 1:
        parser.error("--jobs: at least 1")
    return Options(live=given.live, yes=given.yes, jobs=jobs, output=given.output)


if __name__ == "__main__":
    sys.exit(main())
