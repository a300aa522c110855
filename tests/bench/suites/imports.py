"""What `import` costs: a fresh process for every sample."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence

import attrs

from tests.bench import environments
from tests.bench.host import pinned, say
from tests.bench.processes import Row
from tests.bench.roster import A2E, FAST
from tests.bench.suites import Plan
from tests.bench.suites.attempt import failures
from tests.bench.tables import NOTHING, Table, by_client, cell, megabytes, middle, milliseconds, ratio, times

TITLE = "Import"
SAMPLES, QUICK_SAMPLES = 15, 3
IMPORTED, USED = "import", "first use"
BARE = "python"
FLOOR = "attrs, anyio"
HTTP_FLOOR = "httpx, attrs, anyio"
TOUCH = "a2e_async.A2E(token='sk_x').image_to_video"
COUNT = """
import sys
fields = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(len(sys.modules), int(fields["VmRSS"].split()[0]) * 1024)
"""


@attrs.frozen
class Subject:
    """What is imported, and how its asynchronous client is made and one method touched."""

    name: str
    environment: str
    imported: str
    used: str
    eager: bool = False


SUBJECTS = (
    Subject(FLOOR, "httpx", "import attrs, anyio", ""),
    Subject(HTTP_FLOOR, "httpx", "import httpx, attrs, anyio", "httpx.AsyncClient().post"),
    Subject(A2E, "a2e-async", "import a2e_async", TOUCH),
    Subject(FAST, "a2e-async-fast", "import a2e_async", TOUCH),
    Subject(f"{A2E} eager", "a2e-async", "import a2e_async", TOUCH, True),
    Subject("fal-client", "fal-client", "import fal_client", "fal_client.AsyncClient(key='k').subscribe"),
    Subject("replicate", "replicate", "import replicate", "replicate.Client(api_token='k')._async_client"),
    Subject("runwayml", "runwayml", "import runwayml", "runwayml.AsyncRunwayML(api_key='k').image_to_video"),
    Subject("openai", "openai", "import openai", "openai.AsyncOpenAI(api_key='k').videos.create_and_poll"),
    Subject(
        "elevenlabs",
        "elevenlabs",
        "import elevenlabs",
        "elevenlabs.AsyncElevenLabs(api_key='k').flows.video.create_and_wait",
    ),
    Subject(
        "google-genai",
        "google-genai",
        "from google import genai",
        "genai.Client(api_key='k').aio.models.generate_videos",
    ),
    Subject("lumaai", "lumaai", "import lumaai", "lumaai.AsyncLumaAI(auth_token='k').generations.create"),
    Subject("comfy-sdk", "comfy-sdk", "import comfy_sdk", "comfy_sdk.AsyncComfy(api_key='k').run"),
)


def run(plan: Plan) -> Iterator[Row]:
    """Subjects take turns; every sample is compared with a bare interpreter of the same environment."""
    wanted = {client.name for client in plan.clients()} | {FLOOR, HTTP_FLOOR}
    subjects = [s for s in SUBJECTS if s.name.removesuffix(" eager") in wanted]
    samples = plan.repeats or (QUICK_SAMPLES if plan.quick else SAMPLES)
    for subject in subjects:
        try:
            environments.python(subject.environment)
            for code in _codes(subject).values():
                _sample(subject, code)
        except (environments.Unavailable, subprocess.CalledProcessError) as error:
            text = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1]
            say(f"{subject.name}: {text}")
            yield {"client": subject.name, "failed": text}
            subjects = [other for other in subjects if other is not subject]
    for number in range(samples):
        for subject in subjects:
            bare_cpu, bare_wall = _sample(subject, "pass")
            for what, code in _codes(subject).items():
                cpu, wall = _sample(subject, code)
                row: Row = {
                    "client": subject.name,
                    "what": what,
                    "cpu": cpu - bare_cpu,
                    "wall": wall - bare_wall,
                }
                if not number:
                    row |= _count(subject, code)
                yield row
        say(f"imports: sample {number + 1} of {samples}")


def _codes(subject: Subject) -> dict[str, str]:
    codes = {IMPORTED: subject.imported}
    if subject.used:
        codes[USED] = f"{subject.imported}\n{subject.used}"
    return codes


def _command(subject: Subject, code: str) -> tuple[list[str], dict[str, str]]:
    kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    if subject.eager:
        kept["A2E_ASYNC_EAGER"] = "1"
    return [*pinned(0), str(environments.python(subject.environment)), "-c", code], kept


def _sample(subject: Subject, code: str) -> tuple[float, float]:
    """CPU and wall seconds of one process."""
    command, environment = _command(subject, code)
    began = time.perf_counter()
    before = _children()
    subprocess.run(command, env=environment, check=True, cwd="/", capture_output=True, text=True)
    return _children() - before, time.perf_counter() - began


def _children() -> float:
    """CPU seconds of all child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _count(subject: Subject, code: str) -> Row:
    """Modules and resident bytes beyond a bare interpreter."""
    found = []
    for text in ("", code):
        command, environment = _command(subject, text + COUNT)
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd="/")
        found.append([int(part) for part in done.stdout.split()[-2:]])
    (bare_modules, bare_rss), (modules, rss) = found
    return {"modules": modules - bare_modules, "rss": rss - bare_rss}


def tables(rows: Sequence[Row]) -> list[Table]:
    """One table; CPU is quieter than wall time where other things run, so the ratios are made of it."""
    clients = by_client(rows)
    floors = {
        IMPORTED: [row for row in clients.get(FLOOR, []) if row.get("what") == IMPORTED],
        USED: [row for row in clients.get(HTTP_FLOOR, []) if row.get("what") == USED],
    }
    lines = []
    for name, all_rows in clients.items():
        imported = [row for row in all_rows if row.get("what") == IMPORTED]
        used = [row for row in all_rows if row.get("what") == USED]
        lines.append(
            (
                name,
                cell(imported, "cpu", milliseconds),
                times(ratio(imported, floors[IMPORTED], "cpu")),
                cell(used, "cpu", milliseconds),
                times(ratio(used, floors[USED], "cpu")),
                _pair(imported, used, "modules", lambda value: f"{value:.0f}"),
                _pair(imported, used, "rss", megabytes),
            )
        )
    header = ("", "import ms", f"of {FLOOR}", "first use ms", f"of {HTTP_FLOOR}", "modules", "memory MB")
    note = (
        "Milliseconds of CPU in a fresh process, less those of a bare interpreter. First use: import, make "
        f"the asynchronous client, touch the method that starts a job. {failures(list(rows))}"
    )
    return [Table("Import time, modules, memory", header, lines, note.strip())]


def _pair(imported: list[Row], used: list[Row], key: str, form: object) -> str:
    assert callable(form)
    found = [middle(rows, key) for rows in (imported, used)]
    return " / ".join(NOTHING if value is None else form(value) for value in found)
