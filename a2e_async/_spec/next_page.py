"""What the reply to a list says about the pages that follow. No I/O.

Services say it in many words: a cursor or the URL of the next page, a flag, a number of records or of pages.
They stand beside the list, beside the ``data`` of the envelope, or in an object of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

from a2e_async._spec.decoders import rows_of
from a2e_async._spec.operation import Paging

__all__ = ["Ahead", "ahead_of"]

_PARTS = ("pagination", "paging", "page_info", "pageInfo", "meta", "_meta", "links", "_links", "page")
_MORE = frozenset(
    {"hasmore", "hasnext", "hasnextpage", "hasmoreitems", "hasmorepages", "more", "istruncated"}
)
_END = frozenset({"islast", "isend", "islastpage", "last", "end", "nomore", "isfinished"})
_PAGES = frozenset({"totalpages", "totalpage", "pagecount", "pagestotal", "lastpage", "numpages"})
_TOTALS = (
    *("total", "totalcount", "totalrecords", "totalitems", "totalresults", "totalelements", "recordstotal"),
    *("totalnum", "totalsize", "count"),
)
_NEXT = (
    *("nextcursor", "nexttoken", "nextpagetoken", "nextpagecursor", "nextcontinuationtoken", "nextmarker"),
    *("nextoffset", "nextpagestart", "continuationtoken", "paginationtoken", "endcursor", "lastevaluatedkey"),
    *("next", "nexturl", "nextlink", "nextpage", "nextpageurl", "nextpagelink", "nexthref", "odatanextlink"),
    *("cursor", "after", "lastid", "scrollid"),
)
_WEAK = frozenset({"cursor", "after", "lastid", "scrollid"})  # they may be about the page itself
_ROUND = 5  # a page that was cut off has a multiple of this many records
_URL = re.compile(r"https?://|[/?]")
_IDS = ("_id", "id", "task_id", "taskId")


@attrs.frozen
class Ahead:
    """What follows a page.

    Attributes:
        more: whether pages follow; None if the service does not say.
        next: the query parameters that ask for the next page; None if the service names none.
        total: the number of records on all pages; None if the service does not say.
    """

    more: bool | None = None
    next: Mapping[str, Any] | None = None
    total: int | None = None


def ahead_of(paging: Paging, path: str, query: Mapping[str, Any], data: Any, body: Any) -> Ahead:
    """Read what a page says about the next one.

    Args:
        paging: how the list is paged.
        path: the path of the list.
        query: the query that asked for this page.
        data: the reply's data.
        body: the whole reply.
    """
    marks = _marks(data, body)
    total = next((count for key in _TOTALS if (count := _count(marks.get(key))) is not None), None)

    more = _flag(marks)
    if more is None:
        more = _by_pages(paging, query, marks)
    if paging.by == "page" and paging.page:
        named = [marks[key] for key in _NEXT if key in marks and key not in _WEAK]
        if more is None and named:
            more = any(named)
        return Ahead(more, None, total)

    if paging.by == "offset":
        return Ahead(more, None, total)
    following = None if more is False else _next(paging, path, query, marks)
    if following is None and more is not False and paging.by == "id":
        following = _after_last(paging, query, data, certain=more is True)
    named = [marks[key] for key in _NEXT if key in marks and key not in _WEAK]
    if following is None and more is None and named:
        more = any(named)
    return Ahead(True if following else more, following, total)


def _marks(data: Any, body: Any) -> Mapping[str, Any]:
    """What stands beside the list, by names without case and underscores. What is nearer to it counts."""
    found: dict[str, Any] = {}
    for members in (one for whole in (data, body) for one in _objects(whole)):
        for key, value in members.items():
            if not isinstance(value, list | Mapping) or "href" in value:
                name = re.sub(r"[^a-z]", "", str(key).lower())
                found.setdefault(name, value["href"] if isinstance(value, Mapping) else value)
    return found


def _objects(whole: Any, depth: int = 2) -> Iterator[Mapping[str, Any]]:
    if isinstance(whole, Mapping):
        yield whole
        for key in _PARTS if depth else ():
            yield from _objects(whole.get(key), depth - 1)


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _flag(marks: Mapping[str, Any]) -> bool | None:
    """What a flag says. A flag may be a number or a word."""
    for names, sense in ((_MORE, True), (_END, False)):
        for key in names & marks.keys():
            value = marks[key]
            if isinstance(value, bool) or (type(value) is int and value in (0, 1)):
                return bool(value) is sense
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return (value.lower() == "true") is sense
    return None


def _by_pages(paging: Paging, query: Mapping[str, Any], marks: Mapping[str, Any]) -> bool | None:
    pages = next((count for key in _PAGES if (count := _count(marks.get(key))) is not None), None)
    number = query.get(paging.page) if paging.page and paging.by == "page" else None
    if not pages or type(number) is not int:
        return None
    return number - paging.first + 1 < pages


def _next(
    paging: Paging, path: str, query: Mapping[str, Any], marks: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The query parameters of the next page."""
    own = re.sub(r"[^a-z]", "", (paging.page or "").lower())
    for key in dict.fromkeys((f"next{own}", *_NEXT, own)):
        value = marks.get(key)
        if not value or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if isinstance(value, str) and _URL.match(value):
            return _of_url(value, path)
        if paging.page and str(value) != str(query.get(paging.page)):
            return {paging.page: value}
    return None


def _of_url(url: str, path: str) -> Mapping[str, Any] | None:
    """The query of a URL. The token goes to the configured host only, so the rest must be this list."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.path and not path.endswith(parts.path) and not parts.path.endswith(path):
        return None
    return dict(parse_qsl(parts.query)) or None


def _after_last(
    paging: Paging, query: Mapping[str, Any], data: Any, *, certain: bool
) -> Mapping[str, Any] | None:
    """The query of what follows the last record, where the service counts by ids.

    Unless it is certain that something follows, the page must be full, or cut off at a round number.
    """
    try:
        rows: Sequence[Any] = rows_of(data)
    except TypeError:
        return None
    last = rows[-1] if rows and isinstance(rows[-1], Mapping) else {}
    found = next((last[key] for key in _IDS if last.get(key)), None)
    is_full = not paging.size or len(rows) >= int(query.get(paging.size) or 1)
    is_round = len(rows) >= 2 * _ROUND and len(rows) % _ROUND == 0
    return {str(paging.page): found} if found is not None and (certain or is_full or is_round) else None
