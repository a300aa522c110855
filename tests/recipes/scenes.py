"""How each recipe is run: with which servers and workers, and what fails in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping

import attrs

from tests.recipes.stage import Program, Stage, free_port, wait_for

__all__ = ["SCENES", "Scene"]


@attrs.frozen
class Scene:
    """A recipe that is running.

    Attributes:
        customer: hands the jobs in, writes a line for each result, and ends.
        fail: kills a worker, and does what the operator of this engine does then.
    """

    customer: Program
    fail: Callable[[], None]


def temporal(stage: Stage) -> Scene:
    """Temporal's own server, and two workers."""
    port = free_port()
    stage.set(TEMPORAL_ADDRESS=f"127.0.0.1:{port}")
    command = ("temporal", "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port))
    wait_for(port, stage.start(*command, "--log-level", "error"))

    recipe = stage.recipe("temporal_jobs.py")
    workers = [stage.start(recipe, "work") for _ in range(2)]
    return Scene(stage.start(recipe, stdin=stage.jobs), workers[0].kill)


def dask(stage: Stage) -> Scene:
    """A scheduler in the customer's process, which starts two workers."""
    customer = stage.start(stage.recipe("dask_jobs.py"), stdin=stage.jobs)

    def fail() -> None:
        os.kill(_children(customer, "spawn_main")[0], signal.SIGKILL)

    return Scene(customer, fail)


def dbos(stage: Stage) -> Scene:
    """Two workers. The one that is killed comes back under its name, as a StatefulSet's pod does."""
    recipe = stage.recipe("dbos_jobs.py")
    first = stage.start(recipe, "work", DBOS__VMID="worker-1")
    wait_for("DBOS launched", first)  # it has made the tables
    stage.start(recipe, "work", DBOS__VMID="worker-2")

    def fail() -> None:
        first.kill()
        time.sleep(1)
        stage.start(recipe, "work", DBOS__VMID="worker-1")

    return Scene(stage.start(recipe, stdin=stage.jobs), fail)


def celery(stage: Stage) -> Scene:
    """Redis, a worker of threads, and one of eight processes: one is killed, then all with their parent."""
    port = free_port()
    stage.set(CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0", VISIBILITY_TIMEOUT="12")
    wait_for(port, stage.start("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""))

    command = ("celery", "-A", "celery_jobs", "worker", "--without-gossip", "--without-mingle")
    workers = [
        stage.start(*command, "-n", f"{pool}@here", "--pool", pool, "--concurrency", number)
        for pool, number in (("prefork", "8"), ("threads", "32"))
    ]

    def fail() -> None:
        os.kill(_children(workers[0], "celery")[0], signal.SIGKILL)
        time.sleep(1)
        workers[0].kill()

    return Scene(stage.start(stage.recipe("celery_jobs.py"), stdin=stage.jobs), fail)


def fastapi(stage: Stage) -> Scene:
    """Two instances, and a customer who asks the other one when one does not answer."""
    ports = [free_port(), free_port()]
    instances = [
        stage.start("uvicorn", "fastapi_service:app", "--port", str(port), "--log-level", "warning")
        for port in ports
    ]
    for port, instance in zip(ports, instances, strict=True):
        wait_for(port, instance)

    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    customer = stage.start("-m", "tests.recipes.customer", *addresses, stdin=stage.jobs)
    return Scene(customer, instances[0].kill)


def _children(program: Program, word: str) -> list[int]:
    """The processes that a program has started and whose command line has a word."""
    command = ("ps", "-A", "-o", "pid=,ppid=,args=")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [line.split(maxsplit=2) for line in listed.splitlines() if word in line]
    return [int(pid) for pid, parent, _ in found if int(parent) == program.process.pid]


SCENES: Mapping[str, Callable[[Stage], Scene]] = {
    scene.__name__: scene for scene in (temporal, dask, dbos, celery, fastapi)
}
