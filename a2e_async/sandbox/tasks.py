"""A task's life, and its record at each moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async.sandbox.families import Family
from a2e_async.sandbox.ledger import TaskEntry
from a2e_async.sandbox.replies import encode, iso

__all__ = ["NOT_ECHOED", "OutputFile", "Task"]

NOT_ECHOED = frozenset({"webhook_url", "webhook_token"})
ANCHOR_SUFFIX = "a"


@attrs.frozen
class OutputFile:
    """One output: its kind, and the extension of its URL, which may be misleading."""

    kind: str
    extension: str


@attrs.define(eq=False)
class Task:
    """One task on the server.

    All times are seconds of the clock.

    Attributes:
        id: the task's id.
        number: its index within the family, from 0.
        family: the family that it belongs to.
        body: the body of its start.
        name: the name that its start gave it.
        coins: its price.
        created: when it was made.
        done_at: when it ends; infinite for a task that never does.
        ending: the status it ends in.
        reason: the reason of a failure.
        files: its outputs.
        files_url: the origin at which they are served.
        epoch: the wall-clock time of second 0 of the clock.
        entry: its entry in the ledger.
        listed_at: when lists begin to show it.
        output_after: seconds from its end until its record shows its output.
        vanishes_at: when every route stops showing it.
        deleted: whether lists leave it out.
        gone: whether its detail does not answer either.
        refunded: coins given back.
        unechoed: members of the body that its record does not repeat.
        cache: status, and whether the output is late -> its record as JSON.
    """

    id: str
    number: int
    family: Family
    body: Mapping[str, Any]
    name: str
    coins: int
    created: float
    done_at: float
    ending: str
    reason: str
    files: tuple[OutputFile, ...]
    files_url: str
    epoch: float
    entry: TaskEntry
    listed_at: float = 0.0
    output_after: float = 0.0
    vanishes_at: float = math.inf
    deleted: bool = False
    gone: bool = False
    refunded: int = 0
    unechoed: frozenset[str] = NOT_ECHOED
    cache: dict[tuple[str, bool], bytes] = attrs.field(factory=dict)

    def ended(self, now: float) -> bool:
        """Whether the task has reached its last status."""
        return now >= self.done_at

    def settled(self, now: float) -> bool:
        """Whether the task has ended, and its record shows everything that it will ever show."""
        return now >= self.done_at + (self.output_after if self.succeeded else 0.0)

    def exists(self, now: float) -> bool:
        """Whether the service still knows the task."""
        return not self.gone and now < self.vanishes_at

    def listed(self, now: float) -> bool:
        """Whether batches show the task. Lists do so too, from `listed_at` on."""
        return self.exists(now) and not self.deleted

    def status(self, now: float) -> str:
        """The status at a time of the clock."""
        if self.ended(now):
            return self.ending

        length = self.done_at - self.created
        share = (now - self.created) / length if 0 < length < math.inf else 0.5
        current = self.family.stages[0][0]
        for status, begins in self.family.stages:
            if share >= begins:
                current = status
        return current

    def progress(self, now: float) -> int:
        """The progress in percent; 0 for a failed task."""
        if self.ended(now):
            return 100 if self.succeeded else 0

        length = self.done_at - self.created
        return max(0, min(99, int(100 * (now - self.created) / length))) if length < math.inf else 50

    @property
    def succeeded(self) -> bool:
        """Whether the task ends well."""
        return self.ending == self.family.done

    @property
    def urls(self) -> list[str]:
        """The URLs of the outputs."""
        folder = f"{self.files_url}/results/{self.id}"
        return [f"{folder}/{index}{file.extension}" for index, file in enumerate(self.files)]

    def _time(self, moment: float) -> str:
        return iso(self.epoch + moment)

    def encoded(self, now: float) -> bytes:
        """The record as JSON. It is rendered once for each status."""
        status = self.status(now)
        if self.family.segment == "video" and not self.ended(now):
            return encode(self.record(now)).encode()  # shows a progress that grows all the time

        key = status, self.ended(now) and not self.settled(now)
        rendered = self.cache.get(key)
        if rendered is None:
            rendered = self.cache[key] = encode(self.record(now)).encode()
        return rendered

    def record(self, now: float) -> dict[str, Any]:
        """The record as the family's detail route shows it."""
        family, ended = self.family, self.ended(now)
        updated = min(now, self.done_at)

        raw: dict[str, Any] = {"_id": self.id}
        if family.name:
            raw[family.name] = self.name
        raw[family.status] = self.status(now)
        if family.coins:
            raw["coins"] = self.coins
        raw["createdAt"] = self._time(self.created)
        raw["updatedAt"] = self._time(updated)
        raw.update(self._failure(ended))

        silent = {*raw, *self.unechoed}
        raw.update({key: value for key, value in self.body.items() if key not in silent})

        special = _SPECIAL.get(family.segment)
        raw.update(special(self, now) if special else self._result(now))
        return raw

    def _failure(self, ended: bool) -> dict[str, Any]:
        """The fields that give the reason of a failure; they are there without a failure too."""
        family = self.family
        failed = ended and not self.succeeded
        if family.failure_code == "error_code":  # the face swap families: "" or null, "0" when done
            code = ("1005" if failed else "0") if ended else ""
            return {"error_code": code, "faild_message": self.reason if failed else (None if ended else "")}

        raw: dict[str, Any] = {family.failure: self.reason if failed else ""}
        if family.failure_code:
            raw[family.failure_code] = "GENERATION_FAILED" if failed else ""
        return raw

    def _shows_output(self, now: float) -> bool:
        return self.succeeded and self.settled(now)

    def _result(self, now: float) -> dict[str, Any]:
        urls = self.urls if self._shows_output(now) else []
        return {self.family.result: urls if self.family.many else (urls[0] if urls else "")}

    # Families whose record differs by more than a name.

    def _avatar(self, now: float) -> dict[str, Any]:
        return {
            **self._result(now),
            "process": self.progress(now),
            "anchor_type": str(self.body.get("anchor_type", 0)),
            "diff_s": int(min(now, self.done_at) - self.created),
            "current_date": self._time(now),
        }

    def _twin(self, now: float) -> dict[str, Any]:
        done = self._shows_output(now)
        return {
            "anchor_id": self.anchor_id if done else "",
            "preview_result_url": self.urls[0] if done else "",
        }

    @property
    def anchor_id(self) -> str:
        """The id of the avatar that a video twin becomes."""
        return f"{ANCHOR_SUFFIX}{self.id[1:]}"

    def _voice(self, now: float) -> dict[str, Any]:
        failed = self.ended(now) and not self.succeeded
        language = str(self.body.get("language", "en-US"))

        return {
            "gender": self.body.get("gender", "female"),
            "model": self.body.get("model", "a2e"),
            "lang": language.partition("-")[0],
            "language": language,
            "train_mode": "default",
            "speaker_id": f"a2e-voice-{self.id[-6:]}" if self._shows_output(now) else "",
            "ttsRate": 1,
            "hasRefundCoin": failed,
        }

    def _face_swap(self, now: float) -> dict[str, Any]:
        ended = self.ended(now)
        raw = {"duration": 6, **self._result(now), "initialized_time": self._time(self.created)}
        processing = self.created + (self.done_at - self.created) * dict(self.family.stages)["processing"]
        if now >= processing:
            raw["processing_time"] = self._time(processing)
        if ended:
            raw["completed_time"] = self._time(self.done_at)
        return raw

    def _face_preview(self, now: float) -> dict[str, Any]:
        ended = self.ended(now)
        return {**self._result(now), **({} if ended else {"error_code": None, "faild_message": None})}

    def _gpt(self, now: float) -> dict[str, Any]:
        failed = self.ended(now) and not self.succeeded
        return {**self._result(now), **({"fail_reason": self.reason} if failed else {})}

    def _talking_video(self, now: float) -> dict[str, Any]:
        return {"duration": self.body.get("duration", 3), **self._result(now), "cover_url": ""}

    def _talking_photo(self, now: float) -> dict[str, Any]:
        return {"duration": self.body.get("duration", 3), **self._result(now)}


_SPECIAL = {
    "video": Task._avatar,
    "userVideoTwin": Task._twin,
    "userVoice": Task._voice,
    "userFaceSwapTask": Task._face_swap,
    "userFaceSwapPreview": Task._face_preview,
    "userGptImage": Task._gpt,
    "talkingVideo": Task._talking_video,
    "talkingPhoto": Task._talking_photo,
}
