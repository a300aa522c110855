"""Sixty jobs of four workflows at once: files go up, tasks are polled together, results come down.

python -m a2e_async.demo           against a local A2E with faults on; needs no account
python -m a2e_async.demo --live    against the real service, with A2E_API_TOKEN; says the cost first
"""

from __future__ import annotations

import argparse
import math
import os
import struct
import sys
import tempfile
import wave
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async import A2E, A2EError, Job, Outcome, StartPolicy, Summary

if TYPE_CHECKING:
    from a2e_async.sandbox import Faults, Sandbox

_WORKFLOWS = ("text_to_image", "image_to_video", "talking_photo", "upscale")
_COLOURS = ((214, 69, 65), (65, 131, 215), (38, 166, 91), (245, 171, 53), (142, 68, 173), (52, 73, 94))


@attrs.frozen
class Options:
    """What was asked for on the command line."""

    live: bool
    yes: bool
    jobs: int
    output: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        The exit code: 0 when every job has its Outcome.
    """
    options = _parse(arguments)
    try:
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
            async with A2E() as a2e:
                jobs = list(_jobs(a2e, options.jobs, pictures, speech))
                if not await _agreed(a2e, jobs, options):
                    return 1
                return await _run(a2e, jobs, options, None)
        sandbox = _sandbox()
        async with sandbox:
            print(f"A local A2E is at {sandbox.url}; it is slow, refuses, cuts connections and fails tasks.")
            async with A2E(
                sandbox.token, base_url=sandbox.url, start=StartPolicy(window=3.0, resubmit=True)
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


async def _agreed(a2e: A2E, jobs: Sequence[Job[Any]], options: Options) -> bool:
    """Say what the jobs will cost, and ask."""
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
        print("Nothing was started. Say --yes to go on.")
        return False
    answer = await anyio.to_thread.run_sync(input, "Go on? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


async def _run(a2e: A2E, jobs: Sequence[Job[Any]], options: Options, sandbox: Sandbox | None) -> int:
    outcomes: list[Outcome] = []
    totals = Counter(job.workflow.name for job in jobs)
    with ExitStack() as stack:
        progress = _progress(totals, stack)
        async with a2e.bulk(jobs, concurrency=32, download_to=options.output) as run:
            async for outcome in run:
                outcomes.append(outcome)
                progress.advance(outcome)
    _report(run.summary(), outcomes, sandbox)
    print(f"The results are in {options.output}{os.sep}")
    return 0 if len(outcomes) == len(jobs) else 1


class _Lines:
    """Progress as plain lines, when the output is no terminal."""

    def __init__(self, totals: Counter[str]) -> None:
        self._total = totals.total()
        self._done = 0

    def advance(self, outcome: Outcome) -> None:
        self._done += 1
        what = f"failed: {outcome.error}" if outcome.error else ", ".join(map(str, outcome.paths))
        print(f"[{self._done:3d}/{self._total}] {outcome.job.workflow.name}: {what}", flush=True)


class _Bars:
    """A progress bar for each workflow."""

    def __init__(self, totals: Counter[str], stack: ExitStack) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description:16s}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = stack.enter_context(Progress(*columns))
        self._bars = {name: self._progress.add_task(name, total=count) for name, count in totals.items()}

    def advance(self, outcome: Outcome) -> None:
        self._progress.advance(self._bars[outcome.job.workflow.name])


def _progress(totals: Counter[str], stack: ExitStack) -> _Lines | _Bars:
    if sys.stdout.isatty():
        try:
            return _Bars(totals, stack)
        except ImportError:
            pass
    return _Lines(totals)


def _report(summary: Summary, outcomes: Sequence[Outcome], sandbox: Sandbox | None) -> None:
    ledger = sandbox.ledger if sandbox else None
    header = ("workflow", "jobs", "done", "failed", "mean s", "polls/task", "coins", "tasks made")
    rows: list[tuple[str, ...]] = []
    for name, numbers in summary.workflows.items():
        made = ledger.made(name) if ledger else None
        polls = f"{ledger.count(f'{name}.batch_detail') / made:.2f}" if ledger and made else "-"
        rows.append(
            (
                name,
                str(numbers.done + numbers.failed),
                str(numbers.done),
                str(numbers.failed),
                f"{numbers.mean_duration:.1f}",
                polls,
                f"{numbers.coins:g}",
                "-" if made is None else str(made),
            )
        )
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    print()
    for row in [header, *rows]:
        print(
            "  ".join(
                cell.ljust(width) if not index else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
    for reason, count in Counter(str(outcome.error) for outcome in outcomes if outcome.error).most_common():
        print(f"  failed: {reason}" + (f" ({count} x)" if count > 1 else ""))
    print(f"{summary.requests} API requests, {summary.coins:g} coins")
    if ledger:
        faults = ", ".join(f"{count} x {kind}" for kind, count in sorted(ledger.faults.items()))
        print(f"Faults on the way: {faults or 'none'}")
        print(f"Jobs: {summary.jobs}; tasks made on the server: {ledger.made()}")


def _make_inputs(folder: Path) -> tuple[Sequence[Path], Path]:
    """Small pictures and a tone, made here: the demo brings no files."""
    pictures = []
    for number, colour in enumerate(_COLOURS):
        picture = folder / f"picture-{number}.png"
        picture.write_bytes(_png(96, 96, colour))
        pictures.append(picture)
    tone = folder / "tone.wav"
    with wave.open(str(tone), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = (int(12000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(8000))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return pictures, tone


def _png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + b"".join(bytes(min(255, part + (x ^ y) % 32) for part in colour) for x in range(width))
        for y in range(height)
    )
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m a2e_async.demo", description="Sixty jobs of four workflows at once."
    )
    parser.add_argument("--live", action="store_true", help="the real service: A2E_API_TOKEN, real coins")
    parser.add_argument("--yes", action="store_true", help="with --live: do not ask")
    parser.add_argument("--jobs", type=int, help="how many jobs (60; with --live 4)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="folder for the results")
    given = parser.parse_args(arguments)
    jobs = given.jobs or (4 if given.live else 60)
    if jobs < 1:
        parser.error("--jobs: at least 1")
    return Options(live=given.live, yes=given.yes, jobs=jobs, output=given.output)


if __name__ == "__main__":
    sys.exit(main())
