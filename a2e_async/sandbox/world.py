"""The state behind the routes: tasks, coins, tokens, files, and events that happen later.

Only the server's thread reads and changes it. Other threads go through `Sandbox`.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from a2e_async.sandbox.account import Account
from a2e_async.sandbox.agenda import Agenda
from a2e_async.sandbox.catalogue import Catalogue, Duration
from a2e_async.sandbox.clock import SandboxClock
from a2e_async.sandbox.document import Document
from a2e_async.sandbox.families import DECIDED_BY_INPUT, Family
from a2e_async.sandbox.fault_plan import Fate, FaultPlan
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.files import FileStore
from a2e_async.sandbox.ledger import Ledger, TaskEntry
from a2e_async.sandbox.operations import SpecOperation
from a2e_async.sandbox.replies import iso
from a2e_async.sandbox.results import MadeFiles
from a2e_async.sandbox.tasks import NOT_ECHOED, OutputFile, Task
from a2e_async.sandbox.tokens import user_id_of
from a2e_async.sandbox.webhooks import HookFaults, HookSender

__all__ = ["Config", "World"]

EXTENSIONS = {"png": ".png", "jpg": ".png", "webp": ".png", "mp4": ".mp4", "mp3": ".mp3", "wav": ".wav"}
KINDS = {
    "png": "image",
    "jpg": "image",
    "webp": "image",
    "mp4": "video",
    "mp3": "audio",
    "wav": "audio",
}
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm")


@attrs.frozen(kw_only=True)
class Config:
    """The options of a sandbox.

    Attributes:
        seed: the seed of everything that is drawn at random.
        token: the API token that works.
        durations: workflow -> how long its tasks take; ``"*"`` means every other workflow.
        prices: workflow -> coins for one task.
        coins: the balance at the start.
        diamonds: the balance of the account's other currency.
        presign_price: coins for one presigned upload URL.
        result_ttl: seconds after which the URLs of results and uploads expire; None means never.
        odd_files: serve some results without an extension, or as JPEG or WebP behind ``.png``.
        voice_quota: how many cloned voices the account may have.
        max_upload: bytes that the file store can hold.
        faults: the faults in force at the start.
        hook_faults: what goes wrong with calls to webhooks.
    """

    seed: int = 0
    token: str = ""
    durations: Mapping[str, Duration] = attrs.field(factory=dict)
    prices: Mapping[str, int] = attrs.field(factory=dict)
    coins: int = 1_000_000
    diamonds: int = 3
    presign_price: int = 1
    result_ttl: float | None = None
    odd_files: bool = True
    voice_quota: int = 30
    max_upload: int = 8 * 1024**3
    faults: tuple[Faults, ...] = ()
    hook_faults: HookFaults = attrs.field(factory=HookFaults)


class World:
    """Everything that one sandbox knows and holds.

    Attributes:
        ledger: the account of what happened, for tests.
        plan: the faults in force.
        catalogue: the families, and the price and duration of their tasks.
        files: presigned URLs and uploaded objects.
        made: the files of results.
        account: coins and tokens.
        tasks: every task, by its id.
        records: avatars, backgrounds, faces and the like: kind -> id -> record.
        hooks: calls the webhooks of starts.
    """

    def __init__(
        self, config: Config, document: Document, clock: SandboxClock, epoch: float, files_url: str
    ) -> None:
        self.config = config
        self.document = document
        self.clock = clock
        self.epoch = epoch
        self.random = random.Random(config.seed)

        self.ledger = Ledger(
            operations={operation.key: (operation.role, operation.name) for operation in document.operations}
        )
        self.plan = FaultPlan(config.faults, config.seed + 1)
        self.catalogue = Catalogue(document, config.prices, config.durations, self.random)
        self.files = FileStore(config.max_upload, files_url)
        self.made = MadeFiles()
        self.hooks = HookSender(clock, config.hook_faults, config.seed + 2)

        self.called_early: list[Task] = []  # tasks whose webhook is called before their start is answered
        self.tasks: dict[str, Task] = {}
        self.records: dict[str, dict[str, dict[str, Any]]] = {}
        self._by_family: dict[str, list[Task]] = {}  # path segment -> tasks, oldest first
        self._events: Agenda[Callable[[], object]] = Agenda()
        self._serial = itertools.count(1)

        self.account = Account(user_id_of(config.seed), config.coins)
        if config.token:
            self.add_token("sandbox", config.token)

    # Time

    def now(self) -> float:
        """The clock's time in seconds, after all events that are due have happened."""
        now = self.clock.now()
        for happen in self._events.pop_due(now):
            happen()
        return now

    def later(self, due: float, happen: Callable[[], object]) -> None:
        """Call a function at a time of the clock."""
        self._events.add(due, happen)

    def stamp(self, moment: float) -> str:
        """A time of the clock as the API writes it."""
        return iso(self.epoch + moment)

    # Identity

    def new_id(self) -> str:
        """A new ObjectId: time, a random part and a counter."""
        seconds = int(self.epoch + self.clock.now()) & 0xFFFFFFFF
        return f"{seconds:08x}{self.random.getrandbits(40):010x}{next(self._serial) & 0xFFFFFF:06x}"

    def add_token(self, alias: str, secret: str) -> dict[str, Any]:
        """Add an API token that works from now on."""
        record: dict[str, Any] = {
            "_id": self.new_id(),
            "alias": alias,
            "token": secret,
            "enabled": True,
            "createdAt": self.stamp(self.clock.now()),
        }
        self.account.tokens[record["_id"]] = record
        return record

    def add_record(self, kind: str, fields: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Add a record that is not a task: an avatar, a background, a face, …"""
        moment = self.stamp(now)
        record = {"_id": self.new_id(), **fields, "createdAt": moment, "updatedAt": moment}
        self.records.setdefault(kind, {})[str(record["_id"])] = record
        return record

    # Coins

    def pay(self, workflow: str, coins: int, reason: str, now: float) -> None:
        """Take coins. The caller has checked the balance."""
        if coins:
            self.ledger.charged[workflow] += coins
            self.account.book(self.new_id(), -coins, reason, now)

    def refund(self, task: Task, now: float) -> None:
        """Give back what is left of a task's price; a second call gives nothing."""
        coins = task.coins - task.refunded
        if coins > 0:
            task.refunded += coins
            task.entry.refunded += coins
            self.ledger.refunded[task.family.workflow] += coins
            self.account.book(self.new_id(), coins, f"refund {task.family.workflow}", now)

    # Tasks

    def tasks_of(self, segment: str) -> list[Task]:
        """All tasks of the family with a path segment, oldest first."""
        return self._by_family.setdefault(segment, [])

    def add_task(
        self,
        family: Family,
        body: Mapping[str, Any],
        now: float,
        *,
        operation: SpecOperation,
        coins: int,
        words: frozenset[str] = frozenset(),
    ) -> Task:
        """Make a task and decide its whole life. The caller charges for it."""
        fate = self.plan.fate(operation.role, operation.name, operation.key)
        length = self._length(family, body, words)
        ending, reason = _ending(family, fate, words)

        siblings = self.tasks_of(family.segment)
        number = len(siblings)
        identity = self.new_id()
        name = str(body.get(family.name) or "") if family.name else ""
        if family.name and not name:
            name = f"untitled-{number}"  # the server makes up a name if the start has none

        early = "webhook_url" in body and self.hooks.is_early()
        done_at = now if early else now + length
        entry = TaskEntry(identity, family.workflow, name, coins, now, done_at, ending)
        task = Task(
            id=identity,
            number=number,
            family=family,
            body=body,
            name=name,
            coins=coins,
            created=now,
            done_at=done_at,
            ending=ending,
            reason=reason,
            files=self._outputs(family, body, number),
            files_url=self.files.url,
            epoch=self.epoch,
            entry=entry,
            listed_at=now + fate.visible_after,
            output_after=fate.output_after,
            unechoed=_unechoed(operation, body),
        )
        if fate.vanishes or "vanish" in words:
            task.vanishes_at = now + (length / 2 if length < math.inf else 1.0)
            entry.outcome = "vanished"

        self.tasks[identity] = task
        siblings.append(task)
        self.ledger.tasks.append(entry)
        if early:
            self.called_early.append(task)
        else:
            self.hooks.plan(task)
        if family.refund_failed and ending != family.done:
            self.later(done_at, lambda: self.refund(task, done_at))
        return task

    def charge_again(self, task: Task, coins: int, now: float) -> None:
        """Open a second entry in the ledger for a task that is charged again and runs again."""
        task.entry = attrs.evolve(task.entry, coins=coins, created_at=now, seen_at=None, refunded=0)
        task.coins, task.refunded = coins, 0
        self.ledger.tasks.append(task.entry)

    def _length(self, family: Family, body: Mapping[str, Any], words: frozenset[str]) -> float:
        """How long a task takes in seconds; magic words in its start change that."""
        length = self.catalogue.duration(family, body)
        if "sync" in words:
            return 0.0
        if "slow" in words:
            return length * 10
        return math.inf if "forever" in words else length

    def _outputs(self, family: Family, body: Mapping[str, Any], number: int) -> tuple[OutputFile, ...]:
        kinds = self._kinds(family, body)
        wanted = body.get(family.images) if family.images else 1
        files = []
        for index in range(wanted if isinstance(wanted, int) else 4):
            turn = number + index
            kind = kinds[turn % len(kinds)] if self.config.odd_files else kinds[0]
            without_extension = self.config.odd_files and turn % 4 == 3
            files.append(OutputFile(kind, "" if without_extension else EXTENSIONS[kind]))
        return tuple(files)

    def _kinds(self, family: Family, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The kinds of files that a task makes. For some families the input decides."""
        if family.segment not in DECIDED_BY_INPUT:
            return family.kinds
        decided = self.media_kind(str(body.get(DECIDED_BY_INPUT[family.segment], "")))
        if family.segment == "userDubbing":
            return ("mp4",) if decided == "video" else family.kinds
        picture = decided == "image" or (decided == "" and family.segment != "userFaceSwapTask")
        return ("png", "jpg") if picture else ("mp4",)

    def media_kind(self, url: str) -> str:
        """The kind of media at a URL: image, video, audio or an empty string."""
        known = self.known_kind(url)
        if known:
            return known

        path = url.partition("?")[0].lower()
        if path.endswith(PICTURE_SUFFIXES):
            return "image"
        return "video" if path.endswith(VIDEO_SUFFIXES) else ""

    def known_kind(self, url: str) -> str:
        """The kind of media behind a URL of this sandbox, as for `media_kind`; empty for all others."""
        stored = self.files.behind(url)
        if stored is not None:
            return stored.content_type.partition("/")[0]
        if self.preview_behind(url) is not None:
            return "audio"

        found = self.result_behind(url)
        return "" if found is None else KINDS[found[0].files[found[1]].kind]

    def result_behind(self, url: str) -> tuple[Task, int] | None:
        """The task whose result has a URL, and the number of the result."""
        folder = f"{self.files.url}/results/"
        if not url.startswith(folder):
            return None
        identity, _, name = url[len(folder) :].partition("/")
        task, index = self.tasks.get(identity), name.partition(".")[0]
        if task is None or not (index.isascii() and index.isdecimal() and len(index) < 10):
            return None
        return (task, int(index)) if int(index) < len(task.files) else None

    def preview_behind(self, url: str) -> str | None:
        """The id of the speech that has a URL."""
        folder = f"{self.files.url}/tts/"
        return url[len(folder) :].partition(".")[0] if url.startswith(folder) else None

    def find(self, family: Family, identity: str, now: float) -> Task | None:
        """A task of a family by its id; None if the service does not know it (any more)."""
        task = self.tasks.get(identity)
        return task if task and task.family.segment == family.segment and task.exists(now) else None

    def show(self, task: Task, now: float) -> Task:
        """Return a task for a reply. The first reply that shows its end counts for its lateness."""
        if task.entry.seen_at is None and task.settled(now):
            task.entry.seen_at = now
        return task

    def newest(self, family: Family, now: float) -> Iterable[Task]:
        """The tasks that a list shows, newest first."""
        for task in reversed(self.tasks_of(family.segment)):
            if task.listed(now) and task.listed_at <= now:
                yield task


def _unechoed(operation: SpecOperation, body: Mapping[str, Any]) -> frozenset[str]:
    """What the record does not repeat: members of the body that only the reply declares, maybe otherwise."""
    undeclared = body.keys() - operation.body_fields.keys()
    return NOT_ECHOED | (undeclared & operation.record_fields)


def _ending(family: Family, fate: Fate, words: frozenset[str]) -> tuple[str, str]:
    """The status a task ends in and the reason for a failure."""
    if fate.fails or "fail" in words:
        return family.failed, "The generation failed."
    if "nsfw" in words and family.nsfw == "fail":
        return family.failed, "NSFW content detected"
    if "nsfw-status" in words:
        return "nsfw", "NSFW content detected"
    return family.done, ""
