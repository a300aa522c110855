"""A task's life, and its record at every moment of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async.sandbox.families import Family
from a2e_async.sandbox.ledger import TaskEntry
from a2e_async.sandbox.replies import encode, iso

__all__ = ["OutputFile", "Task"]

NOT_ECHOED = frozenset({"webhook_url", "webhook_token"})
ANCHOR_SUFFIX = "a"


@attrs.frozen
class OutputFile:
    """One result: what it is, and the (possibly misleading) extension of its URL."""

    kind: str
    extension: str


@attrs.define(eq=False)
class Task:
    """One task on the server.

    Attributes:
        number: the how manieth of its family, from 0.
        created / done_at: seconds of the clock; `done_at` is infinite for a task that never ends.
        ending: the status it ends in.
        listed_at: when lists begin to show it; vanishes_at: when every route stops to.
        deleted: whether lists leave it out; gone: whether its detail does not answer either.
        coins_back: what was refunded.
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
    base_url: str
    epoch: float
    entry: TaskEntry
    listed_at: float = 0.0
    vanishes_at: float = math.inf
    deleted: bool = False
    gone: bool = False
    coins_back: int = 0
    cache: dict[str, bytes] = attrs.field(factory=dict)

    def ended(self, now: float) -> bool:
        """Whether the task is in its last status."""
        return now >= self.done_at

    def exists(self, now: float) -> bool:
        """Whether the service still knows it."""
        return not self.gone and now < self.vanishes_at

    def listed(self, now: float) -> bool:
        """Whether lists and batches show it (lists: see `listed_at` too)."""
        return self.exists(now) and not self.deleted

    def status(self, now: float) -> str:
        """The status word at that moment."""
        return self.ending if self.ended(now) else self._stage(now)[0]

    def _stage(self, now: float) -> tuple[str, float]:
        length = self.done_at - self.created
        share = (now - self.created) / length if 0 < length < math.inf else 0.5
        current = self.family.stages[0]
        for stage in self.family.stages:
            if share >= stage[1]:
                current = stage
        return current

    def progress(self, now: float) -> int:
        """0 to 100."""
        if self.ended(now):
            return 100 if self.succeeded else 0
        length = self.done_at - self.created
        return max(0, min(99, int(100 * (now - self.created) / length))) if length < math.inf else 50

    @property
    def succeeded(self) -> bool:
        """Whether it ends well."""
        return self.ending == self.family.done

    @property
    def urls(self) -> list[str]:
        """Where the outputs are served."""
        return [f"{self.base_url}/results/{self.id}/{i}{file.extension}" for i, file in enumerate(self.files)]

    def _time(self, moment: float) -> str:
        return iso(self.epoch + moment)

    def encoded(self, now: float) -> bytes:
        """The record as JSON; rendered once for each status."""
        status = self.status(now)
        if self.family.segment == "video" and not self.ended(now):
            return encode(self.record(now)).encode()
        found = self.cache.get(status)
        if found is None:
            found = self.cache[status] = encode(self.record(now)).encode()
        return found

    def record(self, now: float) -> dict[str, Any]:
        """The record as the family's detail shows it."""
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
        raw.update(
            {key: value for key, value in self.body.items() if key not in raw and key not in NOT_ECHOED}
        )
        special = _SPECIAL.get(family.segment)
        raw.update(special(self, now) if special else self._result(ended))
        return raw

    def _failure(self, ended: bool) -> dict[str, Any]:
        family = self.family
        failed = ended and not self.succeeded
        if family.failure_code == "error_code":  # the face swap families: "" or null, "0" when done
            code = ("1005" if failed else "0") if ended else ""
            return {"error_code": code, "faild_message": self.reason if failed else (None if ended else "")}
        raw: dict[str, Any] = {family.failure: self.reason if failed else ""}
        if family.failure_code:
            raw[family.failure_code] = "GENERATION_FAILED" if failed else ""
        return raw

    def _result(self, ended: bool) -> dict[str, Any]:
        urls = self.urls if ended and self.succeeded else []
        return {self.family.result: urls if self.family.many else (urls[0] if urls else "")}

    # Families whose record differs by more than a name.

    def _avatar(self, now: float) -> dict[str, Any]:
        ended = self.ended(now)
        return {
            **self._result(ended),
            "process": self.progress(now),
            "anchor_type": str(self.body.get("anchor_type", 0)),
            "diff_s": int(min(now, self.done_at) - self.created),
            "current_date": self._time(now),
        }

    def _twin(self, now: float) -> dict[str, Any]:
        done = self.ended(now) and self.succeeded
        return {
            "anchor_id": self.anchor_id if done else "",
            "preview_result_url": self.urls[0] if done else "",
        }

    @property
    def anchor_id(self) -> str:
        """Of a video twin: the avatar it became."""
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
            "speaker_id": f"a2e-voice-{self.id[-6:]}" if self.ended(now) and self.succeeded else "",
            "ttsRate": 1,
            "hasRefundCoin": failed,
        }

    def _face_swap(self, now: float) -> dict[str, Any]:
        ended = self.ended(now)
        raw = {"duration": 6, **self._result(ended), "initialized_time": self._time(self.created)}
        processing = self.created + (self.done_at - self.created) * dict(self.family.stages)["processing"]
        if now >= processing:
            raw["processing_time"] = self._time(processing)
        if ended:
            raw["completed_time"] = self._time(self.done_at)
        return raw

    def _face_preview(self, now: float) -> dict[str, Any]:
        ended = self.ended(now)
        return {**self._result(ended), **({} if ended else {"error_code": None, "faild_message": None})}

    def _gpt(self, now: float) -> dict[str, Any]:
        failed = self.ended(now) and not self.succeeded
        return {**self._result(self.ended(now)), **({"fail_reason": self.reason} if failed else {})}

    def _talking_video(self, now: float) -> dict[str, Any]:
        return {"duration": self.body.get("duration", 3), **self._result(self.ended(now)), "cover_url": ""}

    def _talking_photo(self, now: float) -> dict[str, Any]:
        return {"duration": self.body.get("duration", 3), **self._result(self.ended(now))}


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
