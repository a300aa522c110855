"""What the operations of a resource are for: which starts tasks, which read, list and delete them.

The path of an operation seldom proves that it starts tasks: ``create`` may make a folder. So it counts as a
start only where a reply, a route or the body shows that there are tasks, or where the overlay says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from codegen.document.content import body_content, success_content
from codegen.document.merging import merged, merged_properties, sole_ref
from codegen.document.reply_data import data_of, list_in, task_path
from codegen.document.tree import Document, SpecError
from codegen.interface.reading import (
    LIST_NAMES,
    find_batch,
    find_delete,
    find_get,
    find_list,
    required_body,
    required_id_query,
)

if TYPE_CHECKING:
    from codegen.interface.families import Endpoint

__all__ = ["ROLE", "START", "Roles", "is_guess", "makes_jobs", "roles_of"]

ROLE, START = "x-a2e-role", "x-a2e-start"
"""The extensions of an operation that decide for it."""

_ROLES = ("start", "get", "list", "batch_detail", "delete", "none")

_WEAK_STARTS = ("add", "generate", "training")
_START = re.compile(r"start(?:[A-Z_-]\w*)?")
_WORD = re.compile(
    r"(create|submit|run|generate|make|launch|render|produce|process|execute|enqueue|queue|trigger|begin|invoke"
    r"|predict|synthesize|infer|dispatch|convert|transform)(?:[A-Z0-9_-][\w-]*)?"
    r"|(new|add)(?:[A-Z_-][\w-]*)?|tasks?|jobs?|generations?|predictions?|renders?|requests?"
)
_OTHER_WORD = re.compile(
    r"(get|list|all|query|search|find|detail|info|status|batch|count|retry|redo|cancel|stop|pause|resume|update|edit"
    r"|rename|delete|del|remove|callback|notify|quote|estimate|check|validate|upload|mark|share|random)(?![a-z])\w*"
)
_STATUS = frozenset({"current_status", "status", "state", "task_status", "currentStatus", "taskStatus"})
_STATES = re.compile(
    r"queue|pend|wait|init|run|process|progress|complet|success|succeed|done|fail|error", re.I
)
_IDS = frozenset({"_id", "id", "task_id", "taskId"})
_HOOKS = frozenset({"webhook_url", "webhookUrl", "webhook", "callback_url", "callbackUrl", "callback"})
_OF_TASKS = frozenset({"batchDetail", "allRecords", "status", "allProcessing", "avgProcessingTime"})


@attrs.frozen(kw_only=True)
class Roles:
    """The operations of a workflow.

    Attributes:
        get_key: the parameter of ``get`` that takes the task's id.
        doubtful: operations that may start tasks and count as plain methods, each with the reason.
    """

    start: Endpoint | None = None
    extra_starts: tuple[Endpoint, ...] = ()
    get: Endpoint | None = None
    get_key: str | None = None
    batch_detail: Endpoint | None = None
    list: Endpoint | None = None
    delete: Endpoint | None = None
    doubtful: tuple[tuple[Endpoint, str], ...] = ()


def roles_of(document: Document, endpoints: Sequence[Endpoint]) -> Roles:
    """Find the operations of a workflow among those of a resource.

    Raises:
        SpecError: the overlay gives a role that does not exist, or that the operation cannot have.
    """
    given = {id(one): _given(one) for one in endpoints}
    free = [one for one in endpoints if given[id(one)] is None]

    def told(role: str) -> Endpoint | None:
        return next((one for one in endpoints if given[id(one)] == role), None)

    get, get_key = find_get(document, free)
    if (chosen := told("get")) is not None:
        get, get_key = chosen, _id_of(document, chosen)
    batch = told("batch_detail") or find_batch(document, free)
    seen = [one for one in (get, batch, told("list") or find_list(document, free, None)) if one is not None]
    proof = _Proof(document, endpoints, seen)

    flagged = [one for one in endpoints if given[id(one)] == "start"]
    starts = list(flagged)
    doubtful: list[tuple[Endpoint, str]] = []
    for one in free:
        reason = proof.against(one, get)
        if reason is None:
            starts.append(one)
        elif reason:
            doubtful.append((one, reason))

    if not starts:
        starts, others = proof.last_resort(free, get)
        doubtful += [one for one in others if one[0] not in [known for known, _ in doubtful]]

    ranked = []
    for one in sorted(starts, key=_start_rank):
        if makes_jobs(document, one):
            ranked.append(one)
        else:
            doubtful.append((one, "its body is no JSON object, and a job needs one"))
    start = ranked[0] if ranked else None
    extra = [one for one in ranked[1:] if one in flagged or proof.starts_too(one)]
    why = "nothing shows that it makes the same tasks as the start"
    doubtful += [(one, why) for one in ranked[1:] if one not in extra]

    return Roles(
        start=start,
        extra_starts=tuple(extra),
        get=get,
        get_key=get_key,
        batch_detail=batch,
        list=told("list") or find_list(document, free, start),
        delete=told("delete") or find_delete(document, free),
        doubtful=tuple(doubtful),
    )


def _given(endpoint: Endpoint) -> str | None:
    """The role that the overlay gives.

    Raises:
        SpecError: there is no such role.
    """
    role, start = endpoint.operation.get(ROLE), endpoint.operation.get(START)
    if role is not None and role not in _ROLES:
        raise SpecError(f"{endpoint.ref.place}: {ROLE} is {role!r}, not one of {', '.join(_ROLES)}")
    if role is None and isinstance(start, bool):
        return "start" if start else "none"
    return role if isinstance(role, str) else None


def makes_jobs(document: Document, endpoint: Endpoint) -> bool:
    """Whether its body can be that of a Job: a JSON object, or nothing declared."""
    content = body_content(document, endpoint.operation)
    if content is None:
        return True
    whole = merged(document, content.schema)
    kinds = {merged(document, one).keywords.get("type", "object") for group in whole.groups for one in group}
    return content.is_json and whole.keywords.get("type", "object") == "object" and kinds <= {"object"}


_UNPROVEN = "nothing shows that it makes tasks"


def is_guess(endpoint: Endpoint) -> bool:
    """Whether a start is one because of what stands around it, and not by its word or the overlay."""
    word = endpoint.tail[0] if endpoint.tail else ""
    known = _START.fullmatch(word) is not None or word in _WEAK_STARTS
    return not known and _given(endpoint) is None


def _is_plain(endpoint: Endpoint) -> bool:
    writes = endpoint.ref.method in ("post", "put")
    return writes and len(endpoint.tail) <= 1 and "{" not in endpoint.ref.path


def _start_rank(endpoint: Endpoint) -> int:
    word = endpoint.tail[0] if endpoint.tail else ""
    if word == "start":
        return 0
    if _START.fullmatch(word):
        return 1
    if word in _WEAK_STARTS:
        return 2
    return 3 if not word or _WORD.fullmatch(word) else 4


@attrs.define
class _Proof:
    """What shows that a resource makes tasks.

    Attributes:
        document: for references.
        endpoints: all operations.
        seen: those that read tasks back.
    """

    document: Document
    endpoints: Sequence[Endpoint]
    seen: Sequence[Endpoint]

    def against(self, endpoint: Endpoint, get: Endpoint | None) -> str | None:
        """Why an operation is no start: None if it is one, "" if nothing suggests that it is."""
        word = endpoint.tail[0] if endpoint.tail else ""
        if not _is_plain(endpoint):
            last = endpoint.tail[-1] if endpoint.tail else ""
            is_start = endpoint.ref.method == "post" and _START.fullmatch(last) is not None
            what = "parameters" if "{" in endpoint.ref.path else "more than one word"
            return f"its path has {what}, and that of a start has not" if is_start else ""
        if _START.fullmatch(word) and endpoint.ref.method == "post":
            return None
        reads = endpoint in self.seen or endpoint.operation.get("x-a2e-repeatable") is True
        if reads or _OTHER_WORD.match(word) or self._acts_on_one(endpoint):
            return ""

        if word in _WEAK_STARTS and endpoint.ref.method == "post":
            known = get is not None and (self._has_overview() or self.has_tasks(endpoint))
            return None if known else _UNPROVEN if self.seen else ""
        if _START.fullmatch(word) or _WORD.fullmatch(word) or not word:
            if not self.seen and not self._replies_with_task(endpoint):
                return ""
            return None if self.has_tasks(endpoint) else _UNPROVEN
        return None if get is not None and self._replies_with_task(endpoint) else ""

    def last_resort(
        self, free: Sequence[Endpoint], get: Endpoint | None
    ) -> tuple[list[Endpoint], list[tuple[Endpoint, str]]]:
        """What starts tasks where there are tasks and no known start: the only POST left, or nobody knows."""
        left = [
            one
            for one in free
            if one.ref.method != "delete" and len(one.tail) <= 1 and "{" not in one.ref.path
            if (one.ref.method != "get" or _START.fullmatch("".join(one.tail)))
            and one not in self.seen
            and not _OTHER_WORD.match("".join(one.tail))
            and not self._acts_on_one(one)
        ]
        if get is None or not left or not any(map(self.has_tasks, left)):
            return [], []

        posts = [one for one in left if one.ref.method == "post" and "requestBody" in one.operation]
        if len(left) == len(posts) == 1:
            return posts, []
        odd = "a start is a POST or a PUT"
        unclear = "it is not clear which operation starts the tasks"
        return [], [(one, unclear if _is_plain(one) else odd) for one in left]

    def starts_too(self, endpoint: Endpoint) -> bool:
        """Whether a second start is known to make tasks of the same kind."""
        word = endpoint.tail[0] if endpoint.tail else ""
        named = _START.fullmatch(word) is not None or _replies(self.document, endpoint) is not None
        return named and word not in _WEAK_STARTS and self.has_tasks(endpoint)

    def has_tasks(self, endpoint: Endpoint) -> bool:
        """Whether a reply, a route or the body shows that there are tasks."""
        if any(one.tail[:1] and one.tail[0] in _OF_TASKS for one in self.endpoints):
            return True
        content = body_content(self.document, endpoint.operation)
        if content and merged_properties(self.document, content.schema)[0].keys() & _HOOKS:
            return True
        return any(_has_status(self.document, one) for one in (*self.seen, endpoint))

    def _replies_with_task(self, endpoint: Endpoint) -> bool:
        """Whether its reply is declared as a task, or as what the other routes reply with."""
        found = _replies(self.document, endpoint, listed=False)
        if found is None:
            return False
        members = merged_properties(self.document, found)[0].keys()
        if members & _IDS and members & _STATUS:
            return True
        refs = {sole_ref(_replies(self.document, one) or {}) for one in self.seen}
        return bool(sole_ref(found)) and sole_ref(found) in refs and self.has_tasks(endpoint)

    def _acts_on_one(self, endpoint: Endpoint) -> bool:
        """Whether its body needs the id of something that is there already."""
        return any(name in _IDS | {"ids"} for name in required_body(self.document, endpoint))

    def _has_overview(self) -> bool:
        """Whether there is a route that lists tasks or reads several together."""
        return any(
            len(one.tail) == 1
            and (
                one.tail[0] in (*LIST_NAMES, "batchDetail", "status")
                or one.tail[0].endswith(("Record", "Records"))
            )
            for one in self.endpoints
        )


def _has_status(document: Document, endpoint: Endpoint) -> bool:
    """Whether the record of a reply has the status of a task. An account that is "active" is none."""
    members = merged_properties(document, _replies(document, endpoint))[0]
    for name in _STATUS & members.keys():
        values = merged(document, members[name]).keywords.get("enum")
        if not values or any(_STATES.search(str(value)) for value in values):
            return True
    return False


def _replies(document: Document, endpoint: Endpoint, *, listed: bool = True) -> Any:
    """The schema of the record, or of the records, that an operation replies with; None if it is open.

    A record that `complete` made up by convention is open: it proves nothing.
    """
    content = success_content(document, endpoint.operation)
    data = data_of(document, content.schema if content and content.is_json else None)
    found = None if data is None else list_in(document, data)
    if found is not None:
        data = found[1] if listed else None
    else:
        for part in task_path(document, data):
            data = merged_properties(document, data)[0][part]

    made_up = merged(document, data).keywords.get("x-a2e-confidence") == "unknown"
    return data if merged_properties(document, data)[0] and not made_up else None


def _id_of(document: Document, endpoint: Endpoint) -> str | None:
    return endpoint.id_parameter or required_id_query(document, endpoint)
