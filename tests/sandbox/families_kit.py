"""Invented families, in every form that the known ones have."""

from __future__ import annotations

from typing import Any

from tests.codegen.documents import fields, id_parameter, operation

__all__ = ["FAMILIES", "NAMES", "new_family"]

Document = dict[str, Any]
PAGES = {"pageNum": "pageSize", "page": "page_size", "current": "pageSize", "offset": "limit"}


def new_family(
    name: str,
    *,
    detail: str = "",
    listing: str,
    page: str,
    batch: bool,
    delete: str = "",
    start: str = "post start",
    ids: str = "ids",
    most: int = 200,
) -> Document:
    """The paths of one family, as an OpenAPI document has them.

    Args:
        name: its path segment.
        detail: the path of its detail route; ``status?_id`` is a route that takes the id by query.
        listing: the last segment of its list.
        page: the query parameter that counts the pages.
        batch: whether it has a batch route.
        delete: method and path of its delete route.
        start: method and path of its start.
        ids: the member that takes the ids of a batch.
        most: how many ids it takes.
    """
    base = f"/api/v1/{name}"
    method, _, word = start.partition(" ")
    paths: Document = {
        f"{base}/{word}".rstrip("/"): {
            method: operation(
                requestBody=fields(
                    ["prompt"],
                    name={"type": "string"},
                    prompt={"type": "string"},
                    image_url={"type": "string"},
                )
            )
        },
    }
    paths.setdefault(f"{base}/{listing}".rstrip("/"), {})["get"] = operation(
        parameters=[
            {"name": page, "in": "query", "schema": {"type": "integer", "default": int(page != "offset")}},
            {"name": PAGES[page], "in": "query", "schema": {"type": "integer", "default": 10}},
            {"name": "status", "in": "query", "schema": {"type": "string"}},
        ]
    )

    if batch:
        wanted = {"type": "array", "items": {"type": "string"}, "maxItems": most}
        paths[f"{base}/batchDetail"] = {"post": operation(requestBody=fields([ids], **{ids: wanted}))}

    tail, _, query = detail.partition("?")
    if query:
        needed = [
            {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
            {"name": query, "in": "query", "required": True, "schema": {"type": "string"}},
        ]
        paths[f"{base}/{tail}"] = {"get": operation(parameters=needed)}
    elif tail:
        key = tail[tail.index("{") + 1 : -1]
        paths[f"{base}/{tail}"] = {"get": operation(parameters=[id_parameter(key)])}

    method, _, tail = delete.partition(" ")
    if method == "post":
        paths[f"{base}/{tail}"] = {"post": operation(requestBody=fields(["_id"], _id={"type": "string"}))}
    elif method:
        key = tail[tail.index("{") + 1 : -1]
        paths.setdefault(f"{base}/{tail}", {})["delete"] = operation(parameters=[id_parameter(key)])

    return paths


FAMILIES: dict[str, dict[str, Any]] = {
    "userNewKite": {"detail": "{_id}", "listing": "allRecords", "page": "pageNum", "batch": True,
                    "delete": "delete {_id}"},
    "newBoat": {"detail": "{id}", "listing": "list", "page": "page", "batch": False, "delete": "delete {id}"},
    "userNewTrain": {"detail": "detail/{id}", "listing": "list", "page": "current", "batch": True,
                     "delete": "delete delete/{id}"},
    "newPlane": {"detail": "status?_id", "listing": "allRecords", "page": "pageNum", "batch": False,
                 "delete": "post remove"},
    "userNewCar": {"detail": "detail?car_id", "listing": "records", "page": "pageNum", "batch": True},
    "newBus": {"listing": "allRecords", "page": "pageNum", "batch": True},
    "newTram": {"listing": "allRecords", "page": "pageNum", "batch": False},
    # Plain REST: the path of the family starts and lists.
    "newDoves": {"start": "post", "detail": "{id}", "listing": "", "page": "offset", "batch": True,
                 "ids": "doveIds", "most": 5, "delete": "delete {id}"},
    "newGulls": {"start": "put create", "detail": "{id}", "listing": "", "page": "page", "batch": True,
                 "delete": "delete {id}"},
}  # fmt: skip
NAMES = [
    *("new_kite", "new_boat", "new_train", "new_plane", "new_car", "new_bus", "new_tram"),
    *("new_doves", "new_gulls"),
]
"""Their names as resources, in the same order."""
