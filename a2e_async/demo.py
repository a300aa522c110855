"""Runs sixty jobs of four workflows at once: uploads files, waits for the tasks, downloads the results.

python -m a2e_async.demo           uses a local A2E that injects faults; needs no account
python -m a2e_async.demo --live    uses the real service and A2E_API_TOKEN; shows the cost first
"""

from __future__ import annotations

import argparse
import math
import os
import struct
import sys
import tempfile
import wave
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async import A2E, A2EError, Job, Outcome, StartPolicy, Summary
from a2e_async.cli.progress import bars, listener
from a2e_async.cli.streams import escaping

if TYPE_CHECKING:
    from a2e_async import WorkflowSummary
    from a2e_async.sandbox import Faults, Sandbox
    from a2e_async.sandbox.ledger import Ledger

_WORKFLOWS = ("text_to_image", "image_to_video", "talking_photo", "upscale")
_COLOURS = ((214, 69, 65), (65, 131, 215), (38, 166, 91), (245, 171, 53), (142, 68, 173), (52, 73, 94))


@attrs.frozen
class Options:
    """The options of the command line.

    Attributes:
        live: use the real service.
        yes: do not ask before coins are spent.
        jobs: the number of jobs.
        output: the folder for the results.
    """

    live: bool
    yes: bool
    jobs: int
    output: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every job has an Outcome.
    """
    options = _parse(arguments)
    try:
        with escaping():
            return anyio.run(_demo, options)
    except KeyboardInterrupt:
        for part in options.output.glob("*.part*"):
            part.unlink(missing_ok=True)
        print("\nstopped; nothing is left running", file=sys.stderr)
        return 130
    except A2EError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


async def _demo(options: Options) -> int:
    with tempfile.TemporaryDirectory(prefix="a2e-demo-") as folder:
        pictures, speech = await anyio.to_thread.run_sync(_make_inputs, Path(folder))

        if options.live:
            async with A2E(on_event=listener()) as a2e:
                jobs = list(_jobs(a2e, options.jobs, pictures, speech))
                if not await _confirm_cost(a2e, jobs, options):
                    return 1
                return await _run(a2e, jobs, options, None)

        sandbox = _sandbox()
        async with sandbox:
            print(
                f"A local A2E runs at {sandbox.url}. It is slow, refuses, cuts connections and fails tasks."
            )
            async with A2E(
                sandbox.token,
                base_url=sandbox.url,
                start=StartPolicy(window=3.0, resubmit=True),
                on_event=listener(),
            ) as a2e:
                jobs = list(_jobs(a2e, options.jobs, pictures, speech))
                return await _run(a2e, jobs, options, sandbox)


def _sandbox() -> Sandbox:
    from a2e_async.sandbox import Sandbox

    return Sandbox(
        faults=_faults(),
        durations={
            "text_to_image": (3.0, 1.0),
            "image_to_video": (8.0, 2.0),
            "talking_photo": (6.0, 1.5),
            "upscale": (4.0, 1.0),
        },
        seed=7,
    )


def _faults() -> Faults:
    from a2e_async.sandbox import Faults

    return Faults(
        latency=0.03,
        jitter=0.02,
        status_429=0.04,
        retry_after=0.5,
        reset_before=0.03,
        reset_after=0.04,
        task_fails=0.1,
    )


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


async def _run(a2e: A2E, jobs: Sequence[Job[Any]], options: Options, sandbox: Sandbox | None) -> int:
    outcomes: list[Outcome] = []
    totals = Counter(job.workflow.name for job in jobs)

    with bars(totals) as progress:
        async with a2e.bulk(jobs, concurrency=32, download_to=options.output) as run:
            async for outcome in run:
                outcomes.append(outcome)
                if progress:
                    progress.advance(outcome.job.workflow.name, failed=outcome.error is not None)
                else:
                    _print_outcome(outcome, len(outcomes), len(jobs))

    _report(run.summary(), outcomes, sandbox)
    print(f"The results are in {options.output}{os.sep}")
    return 0 if len(outcomes) == len(jobs) else 1


def _print_outcome(outcome: Outcome, count: int, total: int) -> None:
    end = f"failed: {outcome.error}" if outcome.error else ", ".join(map(str, outcome.paths))
    print(f"[{count:3d}/{total}] {outcome.job.workflow.name}: {end}", flush=True)


def _report(summary: Summary, outcomes: Sequence[Outcome], sandbox: Sandbox | None) -> None:
    """Print the run in numbers, beside the numbers of the local A2E."""
    ledger = sandbox.ledger if sandbox else None
    header = ("workflow", "jobs", "done", "failed", "mean s", "polls/task", "coins", "tasks made")
    _print_table([header, *(_row(name, numbers, ledger) for name, numbers in summary.workflows.items())])

    for reason, count in Counter(str(outcome.error) for outcome in outcomes if outcome.error).most_common():
        print(f"  failed: {reason}" + (f" ({count} x)" if count > 1 else ""))
    print(f"{summary.requests} API requests, {summary.coins:g} coins")

    if ledger:
        faults = ", ".join(f"{count} x {kind}" for kind, count in sorted(ledger.faults.items()))
        print(f"Faults on the way: {faults or 'none'}")
        print(f"Jobs: {summary.jobs}; tasks made on the server: {ledger.made()}")


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
    """Make small pictures and a tone, so that the demo needs no files."""
    from a2e_async.sandbox.media import png

    pictures = []
    for number, colour in enumerate(_COLOURS):
        picture = folder / f"picture-{number}.png"
        picture.write_bytes(png(96, 96, colour))
        pictures.append(picture)

    tone = folder / "tone.wav"
    with wave.open(str(tone), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = (int(12000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(8000))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))

    return pictures, tone


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
