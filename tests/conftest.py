"""The event loops of async tests; see `tests.loops`. A test of what the document no longer has is skipped."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.document_names import gone, named_of
from tests.loops import taking_turns

if TYPE_CHECKING:
    from a2e_async._embedded.server import Server
    from tests.postgres import Database, OwnDatabase

_BEFORE = pytest.StashKey[dict[str, object]]()

# The same examples each time, and not many where a test does not say how many it needs. For others, and more:
# pytest --hypothesis-profile=default
hypothesis.settings.register_profile("suite", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

# Whoever runs the tests may have saved a token on this machine.
os.environ["A2E_CONFIG_DIR"] = os.devnull

# A shell starts what it runs in the background with interrupts ignored, and every process that
# is started from there would ignore them too; some tests interrupt one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop's backend."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that all tests of the run share; started for the first that asks for it."""
    from tests.postgres import shared_server

    with shared_server() as url:
        yield url


@pytest.fixture
def database(postgres: str) -> Database:
    """An empty schema on the shared PostgreSQL, with a role of its own."""
    from tests.postgres import Database

    return Database.made(postgres)


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[Server]:
    """A PostgreSQL that only this worker uses."""
    from tests.postgres import own_server

    with own_server() as server:
        yield server


@pytest.fixture
def own_database(own_postgres: Server) -> OwnDatabase:
    """An empty schema on a PostgreSQL that the test may stop, start and restart."""
    from tests.postgres import OwnDatabase

    if not own_postgres.runs:
        own_postgres.start()
    return OwnDatabase.made(own_postgres.url, own_postgres)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option."""
    parser.addoption("--both-loops", action="store_true", help="run every async test on asyncio and on trio")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the loops of tests, and mark those whose coverage is measured: the unit tests, on asyncio."""
    if not config.getoption("--both-loops"):
        items[:], left = taking_turns(items)
        config.hook.pytest_deselected(items=left)
    for item in items:
        if item.nodeid.startswith("tests/unit/") and "trio" not in item.nodeid:
            item.add_marker("traced")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Import the test modules, each worker in an order of its own, and collect without the garbage collector.

    On a new machine no bytecode is kept, and to compile takes longer than to import. Each worker begins at
    another module, so it finds most of what the others begin with compiled.
    """
    gc.disable()
    try:
        _import_in_own_order(session.config)
        return (yield)
    finally:
        gc.enable()


def _import_in_own_order(config: pytest.Config) -> None:
    """Import the modules that are to be collected; what cannot be imported is for the collection to say."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return

    folders = [Path(arg) for arg in config.args if Path(arg).is_dir()]
    files = sorted(file.resolve() for folder in folders for file in folder.rglob("test_*.py"))
    first = len(files) * int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) // workers
    for file in files[first:] + files[:first]:
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(config.rootpath).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through thousands of test items, again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what the process is like before a test."""
    item.stash[_BEFORE] = _process()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test that leaves something behind which later tests would meet, in whatever order."""
    yield
    after = _process()
    left = {name: after[name] for name, value in item.stash[_BEFORE].items() if after[name] != value}
    assert left == {}, "put it back"


def _process() -> dict[str, object]:
    """What tests may change of the process."""
    return {
        "SIGINT": signal.getsignal(signal.SIGINT),
        "SIGTERM": signal.getsignal(signal.SIGTERM),
        "level of the root logger": logging.root.level,
        "handlers of the root logger": [
            each for each in logging.root.handlers if not type(each).__module__.startswith("_pytest.")
        ],
        "folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip what fails because upstream has dropped what it names; see `tests.document_names`."""
    report = yield
    if report.failed and gone():
        name = named_of(f"{item.nodeid} {getattr(item, 'callspec', '')} {report.longrepr}")
        if report.when != "call" and "was never awaited" in str(report.longrepr):
            name = name or "what a test before this one names"  # it broke off, and left a coroutine
        if name:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: the document no longer has {name}")
    return report
