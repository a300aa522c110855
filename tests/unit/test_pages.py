"""Pages that are turned while the list changes under the reader."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._spec.operation import Call, Operation, Paging, many
from a2e_async.pages import Page, PageCursor, Pages
from a2e_async.records import TaskRecord

pytestmark = pytest.mark.anyio


class Server:
    """A list, newest first, and what happens to it before each request."""

    def __init__(self, count: int, *, tells: bool = True, most: int = 100) -> None:
        self.serial = itertools.count()
        self.ids = [f"{next(self.serial):04}" for _ in range(count)][::-1]
        self.tells = tells
        self.most = most
        self.requests: list[Mapping[str, Any]] = []
        self.before: Callable[[int], object] = lambda number: None

    async def fetch(self, query: Mapping[str, Any]) -> Page[TaskRecord]:
        self.before(len(self.requests))
        self.requests.append(dict(query))
        assert len(self.requests) < 500, "never ends"
        size = min(query.get("size", self.most), self.most)
        start = (query.get("page", 1) - 1) * size
        shown = [TaskRecord.decode({"_id": identity}) for identity in self.ids[start : start + size]]
        return Page(shown, len(self.ids) if self.tells else None)

    def insert(self, number: int) -> None:
        for _ in range(number):
            self.ids.insert(0, f"{next(self.serial):04}")

    def pages(self, size: int = 10, paging: Paging | None = None) -> Pages[TaskRecord]:
        paging = paging or Paging("page", "size", size, 100)
        operation = Operation("GET", "/list", many(TaskRecord), paging=paging)
        return Pages(self.fetch, operation, Call("GET", "/list"))


async def ids_of(pages: Pages[TaskRecord]) -> Sequence[str]:
    found = [str(record.id) async for record in pages]
    assert len(found) == len(set(found)), "given twice"
    return found


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 30, 35])
@pytest.mark.parametrize("tells", [True, False])
async def test_everything_once_and_in_order(count: int, tells: bool) -> None:
    server = Server(count, tells=tells)
    assert await ids_of(server.pages()) == server.ids
    assert [query["page"] for query in server.requests] == list(range(1, count // 10 + 2))


async def test_a_page_at_a_time() -> None:
    server = Server(25)
    assert [len(page) async for page in server.pages().pages()] == [10, 10, 5]


async def test_no_further_than_needed() -> None:
    server = Server(100)
    assert len(await server.pages().first(7)) == 7
    assert len(server.requests) == 1
    assert await server.pages().first(0) == []
    assert [record.id for record in await Server(3).pages().first(10)] == ["0002", "0001", "0000"]


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("number", [1, 5, 10, 25])
async def test_newer_records_push_others_to_the_next_page(number: int, tells: bool) -> None:
    server = Server(40, tells=tells)
    old = list(server.ids)
    server.before = lambda request: server.insert(number) if request == 1 else None
    assert [identity for identity in await ids_of(server.pages()) if identity in old] == old


async def test_records_that_come_all_the_time_do_not_keep_it_from_ending() -> None:
    server = Server(40)
    old = list(server.ids)
    server.before = lambda request: server.insert(3) if request else None
    assert [identity for identity in await ids_of(server.pages()) if identity in old] == old


async def test_records_deleted_as_they_are_read() -> None:
    server = Server(95)
    old = list(server.ids)
    found = []
    async for record in server.pages():
        found.append(record.id)
        server.ids.remove(str(record.id))
    assert found == old
    assert server.ids == []


@pytest.mark.parametrize("gone", [1, 9, 10, 11, 20])
async def test_records_that_others_delete_make_none_be_passed_over(gone: int) -> None:
    server = Server(60)
    old = list(server.ids)

    def delete(request: int) -> None:
        if request == 2:
            del server.ids[:gone]

    server.before = delete
    assert await ids_of(server.pages()) == old


async def test_a_server_with_smaller_pages_than_asked_for() -> None:
    server = Server(230, most=50)
    assert await ids_of(server.pages(100)) == server.ids


async def test_a_server_with_smaller_pages_and_without_a_total() -> None:
    server = Server(230, most=50, tells=False)
    assert await ids_of(server.pages(100)) == server.ids
    assert len(server.requests) == 6  # the page after 30 records may be another one


async def test_without_a_total_an_odd_page_is_the_last() -> None:
    server = Server(237, most=43, tells=False)
    assert len(await ids_of(server.pages(100))) == 43


@pytest.mark.parametrize("tells", [True, False])
async def test_a_server_that_ignores_the_page_number(tells: bool) -> None:
    server = Server(10, tells=tells)
    fetch = server.fetch

    async def first_page(query: Mapping[str, Any]) -> Page[TaskRecord]:
        return await fetch({**query, "page": 1})

    server.fetch = first_page  # type: ignore[method-assign]
    assert await ids_of(server.pages()) == server.ids
    assert len(server.requests) <= 6


@pytest.mark.parametrize("total", [0, 3, 10, 999])
async def test_a_total_that_is_wrong(total: int) -> None:
    server = Server(35)
    fetch = server.fetch

    async def lying(query: Mapping[str, Any]) -> Page[TaskRecord]:
        return Page((await fetch(query)).records, total)

    server.fetch = lying  # type: ignore[method-assign]
    assert await ids_of(server.pages()) == server.ids


async def test_a_total_that_wavers_does_not_go_on_for_ever() -> None:
    server = Server(35)
    fetch = server.fetch

    async def wavering(query: Mapping[str, Any]) -> Page[TaskRecord]:
        return Page((await fetch(query)).records, 100 - 50 * (len(server.requests) % 2))

    server.fetch = wavering  # type: ignore[method-assign]
    assert await ids_of(server.pages()) == server.ids
    assert len(server.requests) < 100


async def test_a_list_without_pages_is_asked_for_once() -> None:
    server = Server(35)
    assert await ids_of(server.pages(paging=Paging())) == server.ids
    assert server.requests == [{}]


async def test_records_without_an_id_are_all_given() -> None:
    async def fetch(query: Mapping[str, Any]) -> Page[TaskRecord]:
        return Page([TaskRecord.decode({"amount": query["page"]})] * (2 if query["page"] < 3 else 1))

    operation = Operation("GET", "/list", many(TaskRecord), paging=Paging("page", "size", 2, 2))
    pages = Pages(fetch, operation, Call("GET", "/list"))
    assert [record.raw["amount"] async for record in pages] == [1, 1, 2, 2, 3]


@given(data=st.data())
def test_whatever_comes_or_goes_what_stays_is_given_once(data: st.DataObject) -> None:
    """Before any request records are added on top, or some that need not stay are deleted."""
    server = Server(data.draw(st.integers(0, 40)))
    stays = {identity for identity in server.ids if data.draw(st.booleans())}
    budget = [5]

    def change(request: int) -> None:
        if not request or not budget[0]:
            return
        budget[0] -= 1
        if data.draw(st.booleans()):
            server.insert(data.draw(st.integers(0, 6)))
        else:
            server.ids = [one for one in server.ids if one in stays or data.draw(st.booleans())]

    server.before = change
    assert stays <= set(anyio.run(ids_of, server.pages(5)))


# The cursor by itself: which page comes next.


def read(cursor: PageCursor, records: int, fresh: int | None = None, total: int | None = None) -> bool:
    """Show the cursor one page; whether it took it (and did not go back)."""
    if cursor.step_back(records, total):
        return False
    cursor.advance(records, records if fresh is None else fresh)
    return True


def test_a_full_page_has_a_successor_and_a_short_one_has_none() -> None:
    cursor = PageCursor(10)
    assert read(cursor, 10)
    assert (cursor.number, cursor.at_end) == (2, False)
    assert read(cursor, 7)
    assert cursor.at_end


def test_a_short_page_is_not_the_last_while_the_total_says_more() -> None:
    cursor = PageCursor(100)
    assert read(cursor, 50, total=80)
    assert not cursor.at_end
    assert read(cursor, 30, total=80)
    assert cursor.at_end


def test_records_that_went_send_the_cursor_back_as_many_pages_as_they_filled() -> None:
    cursor = PageCursor(10)
    for _ in range(4):
        assert read(cursor, 10, total=60)
    assert cursor.number == 5
    assert not read(cursor, 10, total=35)  # 25 have gone: three pages of ten
    assert cursor.number == 2
    assert cursor.census.gone == 25


def test_the_first_page_is_never_gone_back_from_and_going_back_ends() -> None:
    cursor = PageCursor(10)
    assert read(cursor, 10, total=90)
    total, back = 90, 0
    for _ in range(50):
        total -= 1
        back += not read(cursor, 10, fresh=0, total=total)
    assert back == 10
    assert PageCursor(10).step_back(10, 5) is False


def test_pages_without_anything_new_end_the_list_but_newer_records_may_fill_some() -> None:
    cursor = PageCursor(10)
    assert read(cursor, 10, total=100)
    for _ in range(4):
        read(cursor, 10, fresh=0, total=100)
    assert cursor.at_end
    grown = PageCursor(10)
    assert read(grown, 10, total=100)
    for _ in range(4):
        read(grown, 10, fresh=0, total=150)  # 50 newer records can fill five pages
    assert not grown.at_end


@pytest.mark.parametrize(("declared", "warnings"), [(None, 0), (25, 0), (10, 0), (26, 1), (500, 1)])
async def test_a_list_that_falls_short_of_its_total_says_so_once(
    declared: int | None, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(25)
    fetch = server.fetch

    async def told(query: Mapping[str, Any]) -> Page[TaskRecord]:
        return Page((await fetch(query)).records, declared)

    server.fetch = told  # type: ignore[method-assign]
    pages = server.pages()
    assert await ids_of(pages) == server.ids
    assert len(caplog.records) == warnings
    assert all("25 records" in entry.message and str(declared) in entry.message for entry in caplog.records)
    caplog.clear()

    # Left early, it has not fallen short.
    assert len(await pages.first(5)) == 5
    assert not caplog.records


async def test_a_list_without_pages_that_falls_short_says_so(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(25, most=20)
    assert len(await ids_of(server.pages(paging=Paging()))) == 20
    assert [entry.levelname for entry in caplog.records] == ["WARNING"]


async def test_a_list_that_changes_while_it_is_read_does_not_fall_short(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(40)
    server.before = lambda request: server.insert(5) if request else None
    await ids_of(server.pages())
    server.before = lambda request: server.ids.pop(0) if request == 2 else None
    await ids_of(server.pages())
    assert not caplog.records
