"""What a failed request means, and when to try again."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async.errors import (
    A2EError,
    APIError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidArgument,
    InvalidRequest,
    ModerationError,
    NotFound,
    NotReady,
    PermissionDenied,
    PlanRequired,
    RateLimited,
    RequestTimeout,
    ServerError,
    TaskRejected,
    UnexpectedReply,
)
from a2e_async.failures import (
    Failure,
    cannot_connect,
    classify,
    concerns_account,
    is_permanent_here,
    may_concern_one_id,
)
from a2e_async.policies import RetryPolicy, StartPolicy, retry_after_seconds


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionFailed("x", delivered=False), Failure.UNDELIVERED),
        (ConnectionFailed("x"), Failure.UNKNOWN),
        (RequestTimeout("x"), Failure.UNKNOWN),
        (RateLimited("x", status=429), Failure.REFUSED),
        (RateLimited("x", status=200), Failure.REFUSED),
        (ServerError("x", status=500), Failure.UNKNOWN),
        (ServerError("x", status=504), Failure.UNKNOWN),
        (ServerError("x", status=200), Failure.UNKNOWN),
        (NotReady("x", status=202), Failure.UNKNOWN),
        (UnexpectedReply("HTML", status=200), Failure.UNKNOWN),
        (UnexpectedReply("see other", status=303), Failure.UNKNOWN),
        (UnexpectedReply("moved", status=301), Failure.FINAL),
        (UnexpectedReply("moved", status=302), Failure.FINAL),
        (UnexpectedReply("moved", status=307), Failure.FINAL),
        (UnexpectedReply("moved", status=308), Failure.FINAL),
        (UnexpectedReply("HTML", status=404), Failure.FINAL),
        (APIError("x", status=408), Failure.UNKNOWN),
        (APIError("x", status=425), Failure.UNKNOWN),
        (APIError("x", status=499), Failure.UNKNOWN),
        (UnexpectedReply("HTML", status=408), Failure.UNKNOWN),
        (UnexpectedReply("HTML", status=425), Failure.UNKNOWN),
        (UnexpectedReply("HTML", status=499), Failure.UNKNOWN),
        (PlanRequired("x", status=403), Failure.FINAL),
        (APIError("x", status=409), Failure.FINAL),
        (InvalidRequest("x", status=400), Failure.FINAL),
        (AuthenticationError("x", status=401), Failure.FINAL),
        (InsufficientCredits("x", status=402), Failure.FINAL),
        (PermissionDenied("x", status=403), Failure.FINAL),
        (ModerationError("x", status=500), Failure.FINAL),
        (NotFound("x", status=404), Failure.FINAL),
        (TaskRejected("x"), Failure.FINAL),
        (InvalidArgument("x", "y"), Failure.FINAL),
        (ValueError(), Failure.FINAL),
    ],
)
def test_failure_classes(error: BaseException, failure: Failure) -> None:
    assert classify(error) is failure


@pytest.mark.parametrize(
    ("error", "account"),
    [
        (AuthenticationError("x", status=401), True),
        (PlanRequired("x", status=403), True),
        (InsufficientCredits("x", status=402), True),
        (PermissionDenied("voice quota", status=403), False),
        (ModerationError("x", status=403), False),
        (InvalidRequest("x", status=400), False),
        (RateLimited("x", status=429), False),
        (TaskRejected("x"), False),
        (ValueError(), False),
    ],
)
def test_errors_that_concern_the_account(error: BaseException, account: bool) -> None:
    assert concerns_account(error) is account


@pytest.mark.parametrize(
    ("error", "about_an_id"),
    [
        (InvalidRequest("x", status=400), True),
        (NotFound("x", status=404), True),
        (APIError("x", status=410), True),
        (InvalidArgument("id", "x"), True),
        (AuthenticationError("x", status=401), False),
        (PermissionDenied("x", status=403), False),
        (UnexpectedReply("HTML", status=404), False),
        (ConnectionFailed("x"), False),
    ],
)
def test_which_errors_may_be_about_one_id(error: A2EError, about_an_id: bool) -> None:
    assert may_concern_one_id(error) is about_an_id


@pytest.mark.parametrize(
    ("error", "permanent", "passing"),
    [
        (ConnectionFailed("no such host", delivered=False, permanent=True), True, False),
        (ConfigurationError("SSL_CERT_FILE"), True, False),
        (ConnectionFailed("refused", delivered=False), False, True),
        (ConnectionFailed("reset"), False, False),
        (RequestTimeout("x"), False, False),
        (ServerError("x", status=503), False, False),
        (InvalidArgument("x", "y"), False, False),
        (None, False, False),
    ],
)
def test_faults_of_this_machine(error: A2EError | None, permanent: bool, passing: bool) -> None:
    assert is_permanent_here(error) is permanent
    assert cannot_connect(error) is passing


seconds = st.floats(0, 1e6)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 10_000),
    base=seconds,
    cap=seconds,
    patience=seconds,
    random=st.floats(0, 1).map(lambda value: lambda: value),
)


@given(policies, st.integers(1, 20_000), st.none() | st.floats(0, 1e7))
def test_every_pause_is_bounded(policy: RetryPolicy, attempt: int, retry_after: float | None) -> None:
    pause = policy.delay(attempt, retry_after)
    if attempt >= policy.attempts:
        assert pause is None
    elif retry_after is None:
        assert pause is not None
        assert 0 <= pause <= policy.cap
        assert pause <= policy.base * 2.0 ** min(attempt, 1000)
    else:
        assert pause is not None
        asked_for = min(retry_after, policy.patience)
        assert asked_for <= pause <= asked_for + policy.base


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [(None, 0.0), (0.0, 0.0), (7.5, 7.5), (120.0, 120.0), (3600.0, 120.0), (1e300, 120.0)],
)
def test_a_pause_that_a_server_asks_for_is_bounded(retry_after: float | None, pause: float) -> None:
    assert RetryPolicy().bounded(retry_after) == pause


def test_a_long_retry_after_is_no_reason_to_give_up() -> None:
    policy = RetryPolicy(attempts=3, random=lambda: 0.0)
    assert [policy.delay(attempt, 3600.0) for attempt in (1, 2, 3)] == [120.0, 120.0, None]


def test_pauses_double_with_full_jitter() -> None:
    full = RetryPolicy(base=1.0, cap=10.0, attempts=9, random=lambda: 1.0)
    assert [full.delay(attempt) for attempt in range(1, 10)] == [1, 2, 4, 8, 10, 10, 10, 10, None]
    assert RetryPolicy(random=lambda: 0.0).delay(3) == 0.0


@pytest.mark.parametrize("attempts", [0, -1, 1.5, math.nan, "3", None, True])
@pytest.mark.parametrize("policy", [RetryPolicy, StartPolicy])
def test_attempts_that_are_none_are_refused(policy: type[RetryPolicy | StartPolicy], attempts: Any) -> None:
    with pytest.raises(ConfigurationError, match="attempts"):
        policy(attempts=attempts)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "1", None, True])
def test_seconds_that_are_none_are_refused(value: Any) -> None:
    for name in ("base", "cap", "patience", "connect_patience"):
        with pytest.raises(ConfigurationError, match=name):
            RetryPolicy(**{name: value})
    with pytest.raises(ConfigurationError, match="window"):
        StartPolicy(window=value)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 60.0),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 09:28:00 +0200", 60.0),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_retry_after_in_every_form(header: str | None, pause: float | None) -> None:
    assert retry_after_seconds(header, now=1445412420.0) == pause


@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,5} [\d:]{1,9} ?[A-Z+\-0-9]{0,6}")
)
def test_any_retry_after_is_a_pause_or_nothing(header: str) -> None:
    pause = retry_after_seconds(header, now=0.0)
    assert pause is None or (pause >= 0 and math.isfinite(pause))
