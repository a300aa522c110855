"""The stub of the client without await: what is said of the async client, unwound."""

from __future__ import annotations

import ast

import pytest

from codegen.document.tree import SpecError
from codegen.stub.members import docstring, members
from codegen.stub.sources import Sources
from codegen.stub.types_without_await import unwound


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int | None", "int | None"),
        ("AsyncIterator[Sequence[T]]", "Iterator[Sequence[T]]"),
        ("AsyncGenerator[bytes, None]", "Iterator[bytes]"),
        ("Coroutine[Any, Any, Quote]", "Quote"),
        ("Callable[[Sequence[X]], Awaitable[None]] | None", "Callable[[Sequence[X]], None] | None"),
        ("Iterable[Job[T]] | AsyncIterable[Job[T]]", "Iterable[Job[T]]"),
        ("Literal['AsyncIterator'] | str", "Literal['AsyncIterator'] | str"),
    ],
)
def test_annotations_await_nothing(annotation: str, expected: str) -> None:
    assert unwound(ast.parse(annotation, mode="eval").body, str) == expected


def of_class(code: str) -> dict[str, str]:
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.ClassDef)
    return dict(members(node, str))


def test_members_are_those_that_users_have() -> None:
    found = of_class('''
class Thing:
    kind: ClassVar[str]
    size: int = 0

    def __init__(self, name: str) -> None:
        self.name = name
        self.since: float = 0.0
        self._secret = name

    async def __aenter__(self) -> Self: ...

    async def get(self, *, timeout: float = 1.0, **options: Unpack[Options]) -> bytes:
        """Get it. ``await thing.get()``"""

    def _private(self) -> None: ...
    def runtime(self) -> Runtime: ...
    def close(self) -> None: ...
    async def aclose(self) -> None: ...
''')
    assert set(found) == {"kind", "size", "name", "since", "__enter__", "get", "close"}
    assert found["kind"] == "kind: ClassVar[str]\n"
    assert found["name"].split() == ["@property", "def", "name(self)", "->", "str:", "..."]
    head, words = found["get"].splitlines()[:2]
    assert head == "def get(self, *, timeout: float = 1.0, **options: Unpack[Options]) -> bytes:"
    assert words.strip() == '"""Get it. ``thing.get()``"""'


def test_an_attribute_without_a_type_is_refused() -> None:
    with pytest.raises(SpecError, match=r"Thing\.name has no declared type"):
        of_class("class Thing:\n    def __init__(self) -> None:\n        self.name = made()")


def test_docstrings_stay_docstrings() -> None:
    (node,) = ast.parse('def f():\n    r"""A \\d and ``async with``."""').body
    assert isinstance(node, ast.FunctionDef)
    body = ast.parse(docstring(node)).body[0]
    assert isinstance(body, ast.Expr)
    assert ast.literal_eval(body.value) == "A \\d and ``with``."


def test_what_is_given_and_never_returned_stays_as_it_is() -> None:
    sources = Sources({})
    assert sources.is_live(("a2e_async.jobs", "Job"))
    assert sources.is_live(("a2e_async._bulk.outcomes", "Outcome"))
    assert not sources.is_live(("a2e_async.webhooks", "Webhooks"))
    assert not sources.is_live(("a2e_async.quotes", "Quote"))
