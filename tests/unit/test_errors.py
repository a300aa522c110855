"""The error tree: what is caught with what, and that an error survives a process boundary."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest

from a2e_async import errors
from a2e_async.errors import A2EError
from a2e_async.records import TaskRecord
from tests.unit.sample import TOKEN, Pictures, Service, client

ALONE: list[A2EError] = [
    errors.InvalidArgument("prompt", "is required"),
    errors.ConfigurationError("no token"),
    errors.ConnectionFailed("reset", method="POST", path="/x", delivered=False),
    errors.ConnectionFailed("no such host", delivered=False, permanent=True),
    errors.RequestTimeout("slow", method="GET", path="/x"),
    errors.InvalidRequest("bad", status=400, code=7, trace_id="t", method="GET", path="/x", body={"a": [1]}),
    errors.RateLimited("slow down", status=429),
    errors.PlanRequired("not for free users", status=403, method="GET", path="/x"),
    errors.ServerError("down", status=503),
    errors.UnexpectedReply("HTML", status=200),
    errors.TaskFailed("why", record=TaskRecord.decode({"_id": "a"})),
    errors.TaskRejected("no", body={"a": 1}),
    errors.TaskNotFound("gone", task_id="a"),
    errors.UploadError("no", status=403),
    errors.DownloadError("no", url="https://x.test/a?signature=hunter2", status=404),
    errors.JournalError("damaged"),
]


@pytest.mark.parametrize("error", ALONE, ids=lambda error: type(error).__name__)
def test_an_error_can_be_pickled_and_copied(error: A2EError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert twin.args == error.args
        assert vars(twin) == vars(error)


def test_errors_with_a_job_or_a_task_keep_it_and_leave_the_client_behind() -> None:
    pictures = Pictures(client(Service()))
    job, task = pictures(prompt="a kite"), pictures.task("abc")
    uncertain = errors.SubmissionUncertain("not known", job=job, marker="a2e-x")

    pickled = pickle.dumps(uncertain)
    twin = pickle.loads(pickled)
    assert TOKEN.encode() not in pickled
    assert (str(twin), twin.marker, twin.job.body) == ("not known", "a2e-x", {"prompt": "a kite"})
    for kind in (errors.WaitTimeout, errors.OutputMissing):
        twin = pickle.loads(pickle.dumps(kind("not yet", task=task)))
        assert (str(twin), twin.task_id, twin.task.ids) == ("not yet", "abc", ("abc",))

    assert copy.copy(uncertain).job is job
    assert copy.deepcopy(uncertain).job.workflow is pictures


def test_what_cannot_be_pickled_does_not_keep_an_error_back() -> None:
    error = errors.JournalError("damaged")
    error.lock = threading.Lock()  # type: ignore[attr-defined]
    error.add_note("a note")
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.__notes__) == ("damaged", ["a note"])
    assert twin.lock.startswith("lock: ")


class Demanding(Exception):
    """Can be pickled, and not be unpickled: its arguments are not what it is made of."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def test_an_error_of_somebody_else_travels_as_one_of_ours_if_it_must() -> None:
    fine = ValueError("x")
    assert errors.portable(fine) is fine
    assert str(errors.portable(Demanding("a", "b"))) == "Demanding: a b"


def test_every_public_error_is_in_the_tree() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), A2EError)


def test_a_download_error_does_not_show_a_signature() -> None:
    assert "hunter2" not in str(ALONE[-2])
