"""The state behind the routes: tasks, coins, tokens, files, and everything that happens later by itself.

One thread, the server's, reads and changes it; others ask through `Sandbox`.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from a2e_async.sandbox.clock import SandboxClock
from a2e_async.sandbox.document import Document, SpecOperation
from a2e_async.sandbox.families import Family, family_of
from a2e_async.sandbox.faults import FaultPlan, Faults
from a2e_async.sandbox.files import FileStore
from a2e_async.sandbox.ledger import Ledger, TaskEntry
from a2e_async.sandbox.names import workflow_name
from a2e_async.sandbox.replies import iso
from a2e_async.sandbox.tasks import OutputFile, Task

__all__ = ["Config", "Duration", "World"]

Duration = tuple[float, float] | float | Callable[[Mapping[str, Any]], float]
"""How long a task takes: (mean, standard deviation), a fixed number, or a function of the start's body."""

EXTENSIONS = {"png": ".png", "jpg": ".png", "webp": ".png", "mp4": ".mp4", "mp3": ".mp3", "wav": ".wav"}
DECIDED_BY_INPUT = {
    "headSwap": "target_image_url",
    "userUpscale": "source_url",
    "userFaceSwapTask": "video_url",
}
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm")


@attrs.frozen(kw_only=True)
class Config:
    """What a sandbox was made with.

    Attributes:
        durations: workflow -> how long its tasks take; ``"*"`` stands for every other.
        prices: workflow -> coins for one task.
        coins: the balance at the start; diamonds: the other currency of the account.
        presign_price: coins for one presigned upload URL.
        result_ttl: seconds after which the URLs of results and uploads die; None: never.
        odd_files: serve some results without an extension, or as JPEG or WebP behind .png.
        voice_quota: cloned voices that an account may have.
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


@attrs.define
class Transaction:
    """One line of the credits history: below zero is spending."""

    id: str
    amount: int
    balance: int
    reason: str
    at: float


@attrs.define(eq=False)
class Shelf:
    """The tasks of one family, oldest first."""

    tasks: list[Task] = attrs.field(factory=list)


class World:
    """One account on one sandbox."""

    def __init__(self, config: Config, document: Document, clock: SandboxClock, epoch: float) -> None:
        self.config = config
        self.document = document
        self.clock = clock
        self.epoch = epoch
        self.files_url = ""  # where files are served; set when the sockets are bound
        self.random = random.Random(config.seed)
        self.ledger = Ledger(
            operations={operation.key: (operation.role, operation.name) for operation in document.operations}
        )
        self.plan = FaultPlan(config.faults, config.seed + 1)
        self.files = FileStore(config.max_upload)
        self.balance = config.coins
        self.history: list[Transaction] = []
        self.tasks: dict[str, Task] = {}
        self.shelves: dict[str, Shelf] = {}
        self.records: dict[str, dict[str, dict[str, Any]]] = {}  # avatars, backgrounds, faces, …: kind -> id
        self.tokens: dict[str, dict[str, Any]] = {}
        self._serial = itertools.count(1)
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._durations = {workflow_name(key): value for key, value in config.durations.items()}
        self._prices = {workflow_name(key): value for key, value in config.prices.items()}
        self._families: dict[str, Family] = {}
        self.user_id = self.new_id()
        if config.token:
            self.add_token("sandbox", config.token)

    # Time

    def now(self) -> float:
        """Seconds of the clock, after everything that was due has happened."""
        now = self.clock.now()
        while self._events and self._events[0][0] <= now:
            heapq.heappop(self._events)[2]()
        return now

    def later(self, due: float, happen: Callable[[], object]) -> None:
        """Let something happen at a time of the clock."""
        heapq.heappush(self._events, (due, next(self._serial), happen))

    def stamp(self, moment: float) -> str:
        """A time of the clock as the API writes it."""
        return iso(self.epoch + moment)

    # Identity

    def new_id(self) -> str:
        """An ObjectId: time, a random part, a counter."""
        seconds = int(self.epoch + self.clock.now()) & 0xFFFFFFFF
        return f"{seconds:08x}{self.random.getrandbits(40):010x}{next(self._serial) & 0xFFFFFF:06x}"

    def add_token(self, alias: str, secret: str) -> dict[str, Any]:
        """A token that works from now on."""
        record: dict[str, Any] = {
            "_id": self.new_id(),
            "alias": alias,
            "token": secret,
            "enabled": True,
            "createdAt": self.stamp(self.clock.now()),
        }
        self.tokens[record["_id"]] = record
        return record

    def knows_token(self, secret: str) -> bool:
        """Whether a bearer token may act now."""
        return any(record["token"] == secret and record["enabled"] for record in self.tokens.values())

    def add_record(self, kind: str, fields: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Keep a thing that is no task: an avatar, a background, a face, …"""
        moment = self.stamp(now)
        record = {"_id": self.new_id(), **fields, "createdAt": moment, "updatedAt": moment}
        self.records.setdefault(kind, {})[str(record["_id"])] = record
        return record

    # Coins

    def cost(self, family: Family, body: Mapping[str, Any]) -> int:
        """Coins for one task of a family."""
        given = self._prices.get(family.workflow)
        return family.cost(body) if given is None else given

    def pay(self, workflow: str, coins: int, reason: str, now: float) -> None:
        """Take coins; the caller has looked at the balance."""
        if coins:
            self.ledger.charged[workflow] += coins
            self._book(-coins, reason, now)

    def give_back(self, task: Task, now: float) -> None:
        """Refund a task, once."""
        coins = task.coins - task.coins_back
        if coins > 0:
            task.coins_back += coins
            task.entry.refunded += coins
            self.ledger.refunded[task.family.workflow] += coins
            self._book(coins, f"refund {task.family.workflow}", now)

    def _book(self, amount: int, reason: str, now: float) -> None:
        self.balance += amount
        self.history.append(Transaction(self.new_id(), amount, self.balance, reason, now))

    # Tasks

    def family(self, operation: SpecOperation) -> Family:
        """The family that an operation belongs to."""
        found = self._families.get(operation.segment)
        if found is None:
            starts = (other for other in self.document.of(operation.segment) if other.role == "start")
            fields = next((start.body_fields for start in starts), {})
            found = self._families[operation.segment] = family_of(operation.segment, fields)
        return found

    def shelf(self, family: Family) -> Shelf:
        """Where the tasks of a family stand."""
        return self.shelves.setdefault(family.segment, Shelf())

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
        """Make a task, with its whole life decided; the caller has charged for it."""
        fate = self.plan.fate(operation.role, operation.name, operation.key)
        length = self._duration(family, body)
        if "sync" in words:
            length = 0.0
        elif "slow" in words:
            length *= 10
        elif "forever" in words:
            length = math.inf
        ending, reason = family.done, ""
        if fate.fails or "fail" in words:
            ending, reason = family.failed, "The generation failed."
        elif "nsfw" in words and family.nsfw == "fail":
            ending, reason = family.failed, "NSFW content detected"
        elif "nsfw-status" in words:
            ending, reason = "nsfw", "NSFW content detected"
        number = len(self.shelf(family).tasks)
        identity = self.new_id()
        name = str(body.get(family.name) or "") if family.name else ""
        if family.name and not name:
            name = f"untitled-{number}"  # made by the server when absent
        done_at = now + length
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
            base_url=self.files_url,
            epoch=self.epoch,
            entry=entry,
            listed_at=now + fate.visible_after,
        )
        if fate.vanishes or "vanish" in words:
            task.vanishes_at = now + (length / 2 if length < math.inf else 1.0)
            entry.outcome = "vanished"
        self.tasks[identity] = task
        self.shelf(family).tasks.append(task)
        self.ledger.tasks.append(entry)
        if family.refund_failed and ending != family.done:
            self.later(done_at, lambda: self.give_back(task, done_at))
        return task

    def enter_again(self, task: Task, coins: int, now: float) -> None:
        """Account for a task that is charged once more and runs once more."""
        task.entry = attrs.evolve(task.entry, coins=coins, created_at=now, seen_at=None, refunded=0)
        task.coins, task.coins_back = coins, 0
        self.ledger.tasks.append(task.entry)

    def _duration(self, family: Family, body: Mapping[str, Any]) -> float:
        given = self._durations.get(family.workflow, self._durations.get("*", family.duration))
        if callable(given):
            return max(0.0, float(given(body)))
        if isinstance(given, int | float):
            return max(0.0, float(given))
        mean, deviation = given
        return max(mean * 0.1, self.random.gauss(mean, deviation)) if deviation else float(mean)

    def _outputs(self, family: Family, body: Mapping[str, Any], number: int) -> tuple[OutputFile, ...]:
        kinds = family.kinds
        if family.segment in DECIDED_BY_INPUT:
            decided = self.media_kind(str(body.get(DECIDED_BY_INPUT[family.segment], "")))
            picture = decided == "image" or (decided == "" and family.segment != "userFaceSwapTask")
            kinds = ("png", "jpg") if picture else ("mp4",)
        wanted = body.get(family.images) if family.images else 1
        files = []
        for index in range(wanted if isinstance(wanted, int) else 4):
            turn = number + index
            kind = kinds[turn % len(kinds)] if self.config.odd_files else kinds[0]
            bare = self.config.odd_files and turn % 4 == 3
            files.append(OutputFile(kind, "" if bare else EXTENSIONS[kind]))
        return tuple(files)

    def media_kind(self, url: str) -> str:
        """``image``, ``video``, ``audio`` or "" for what a URL points at, by upload or by suffix."""
        stored = self.files.behind(url, self.files_url)
        if stored is not None:
            return stored.content_type.partition("/")[0]
        path = url.partition("?")[0].lower()
        if path.endswith(PICTURE_SUFFIXES):
            return "image"
        return "video" if path.endswith(VIDEO_SUFFIXES) else ""

    def find(self, family: Family, identity: str, now: float) -> Task | None:
        """A task that its family still knows."""
        task = self.tasks.get(identity)
        return task if task and task.family.segment == family.segment and task.exists(now) else None

    def tell(self, task: Task, now: float) -> Task:
        """Note that a reply tells of a task; the first that tells of its end counts for lateness."""
        if task.entry.seen_at is None and task.ended(now):
            task.entry.seen_at = now
        return task

    def newest(self, family: Family, now: float) -> Iterable[Task]:
        """What lists show, newest first."""
        for task in reversed(self.shelf(family).tasks):
            if task.listed(now) and task.listed_at <= now:
                yield task
