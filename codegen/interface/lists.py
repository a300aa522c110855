"""How lists are paged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codegen.document.content import success_content
from codegen.document.merging import members_of, merged
from codegen.document.parameters import parameters_of, schema_of
from codegen.document.reply_data import data_of, list_in
from codegen.document.tree import Document
from codegen.interface import naming
from codegen.interface.model import Paged, PagedBy

if TYPE_CHECKING:
    from codegen.interface.families import Endpoint

__all__ = ["is_list", "paging_of", "replies_with_list"]

_PAGES = frozenset({"page", "page_num", "page_no", "page_number", "page_index", "current", "current_page"})
_OFFSETS = frozenset({"offset", "skip", "start", "start_index", "start_at", "from_index"})
_CURSORS = frozenset(
    {
        *("cursor", "next_cursor", "page_cursor", "start_cursor", "page_token", "next_token", "token"),
        *("next_page_token", "continuation_token", "pagination_token", "marker", "scroll_id"),
    }
)
_IDS = frozenset({"after", "after_id", "starting_after", "start_after", "last_id"})
_POSITIONS: tuple[tuple[PagedBy, frozenset[str]], ...] = (
    ("page", _PAGES),
    ("cursor", _CURSORS),
    ("id", _IDS),
    ("offset", _OFFSETS),
)
"""The words for where a page begins, the best ones first."""

_ONLY_SIZED = frozenset({"token", "marker", "start"})
"""Words that mean something else where no size stands beside them."""

_SIZES = (
    *("page_size", "per_page", "limit", "size", "max_results", "page_limit", "items_per_page", "max_items"),
    *("results_per_page", "num_per_page", "take", "count", "rows"),
)
_KINDS = frozenset({"integer", "number", None})
_FROM_ZERO = re.compile(
    r"\b(zero|0)[- ](based|indexed)|(starts?|starting|counts?|begins?) (at|from|with) 0\b", re.I
)

_DEFAULT_SIZE = 10
"""Records per page where the document names no default: the default of most lists that name one."""

_SAFE_SIZE = 100
"""The most records per page where the document names no bound: the bound of all lists that name one."""


def paging_of(document: Document, endpoint: Endpoint) -> Paged | None:
    """How a list counts its pages, None if the operation is not a list."""
    query = _query_of(document, endpoint)
    size = _size_in(query)
    position, by = _position_in(query, sized=size is not None)

    replies = replies_with_list(document, endpoint)
    listed = endpoint.method_name == "list" or (
        endpoint.ref.method == "get" and endpoint.method_name.endswith(("_record", "_records"))
    )
    if position and (listed or (replies is not False and (size or replies))):
        first = _first(*query[position]) if by == "page" else 1
        return Paged(position, size, *_sizes(query[size][1] if size else None), by, first)

    if not listed:
        return None
    if size is None:
        return Paged(None, None, 0, 0)
    # Without a way to go on, the first page has to be the whole list.
    most = _sizes(query[size][1])[1]
    return Paged(None, size, most, most)


def is_list(document: Document, endpoint: Endpoint) -> bool:
    """Whether a GET without a word of its own lists, as its reply or its parameters show."""
    replies = replies_with_list(document, endpoint)
    query = _query_of(document, endpoint)
    size = _size_in(query)
    paged = size is not None and _position_in(query, sized=True)[0] is not None
    return replies is True or (replies is None and paged)


def _query_of(document: Document, endpoint: Endpoint) -> dict[str, tuple[Document, Document]]:
    """The query parameters, each with what its schema says."""
    return {
        name: (parameter, merged(document, schema_of(parameter)).keywords)
        for (place, name), parameter in parameters_of(document, endpoint.ref).items()
        if place == "query"
    }


def _size_in(query: Mapping[str, tuple[Document, Document]]) -> str | None:
    """The parameter that takes the number of records on a page."""
    numbers = {naming.snake(name): name for name, (_, own) in query.items() if own.get("type") in _KINDS}
    return next((numbers[one] for one in _SIZES if one in numbers), None)


def _position_in(
    query: Mapping[str, tuple[Document, Document]], *, sized: bool
) -> tuple[str | None, PagedBy]:
    """The parameter that says where a page begins, and how it counts."""
    for by, words in _POSITIONS:
        for name, (_, own) in query.items():
            word = naming.snake(name)
            numeric = own.get("type") in _KINDS
            if word not in words or own.get("type") in ("array", "object", "boolean"):
                continue
            if not sized and (by == "offset" or word in _ONLY_SIZED):
                continue
            if numeric or by in ("cursor", "id") or (sized and not own.get("enum")):
                return name, by
    return None, "page"


def _sizes(schema: Document | None) -> tuple[int, int]:
    """Records per page: by default and at most."""
    if schema is None:
        return _DEFAULT_SIZE, _SAFE_SIZE
    # An example is a value that somebody once sent, and says nothing about the default.
    most = _whole(schema.get("maximum"), _SAFE_SIZE)
    default = _whole(schema.get("default"), _DEFAULT_SIZE)
    return max(1, min(default, most)), max(1, most)


def _whole(value: Any, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _first(parameter: Document, schema: Document) -> int:
    """The number of the first page."""
    words = f"{parameter.get('description', '')} {schema.get('description', '')}"
    if schema.get("default") == 0 or _FROM_ZERO.search(words):
        return 0
    return 0 if schema.get("minimum") == 0 and "default" not in schema else 1


def replies_with_list(document: Document, endpoint: Endpoint) -> bool | None:
    """Whether the declared reply has a list of objects; None if nothing is declared."""
    content = success_content(document, endpoint.operation)
    data = data_of(document, content.schema if content and content.is_json else None)
    if data is None:
        return None if content is None or content.is_json else False
    if list_in(document, data) is not None:
        return True

    properties = members_of(document, data).properties
    kinds = {merged(document, one).keywords.get("type") for one in (data, *properties.values())}
    return None if "array" in kinds or not properties else False
