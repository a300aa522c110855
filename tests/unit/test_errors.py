"""The error tree: what is caught with what, and that an error survives a process boundary."""

from __future__ import annotations

import copy
import pickle

import pytest

from a2e_async import errors
from a2e_async.errors import A2EError
from a2e_async.records import TaskRecord
from tests.unit.sample import Pictures, Service, client

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


def test_an_error_that_holds_the_client_takes_no_token_along() -> None:
    job = Pictures(client(Service()))(prompt="a kite")
    error = errors.SubmissionUncertain("not known", job=job, marker="a2e-x")
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(error)


def test_every_public_error_is_in_the_tree() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), A2EError)


def test_a_download_error_does_not_show_a_signature() -> None:
    assert "hunter2" not in str(ALONE[-2])
