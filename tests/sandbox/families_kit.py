"""Invented families, in every form that the known ones have."""

from __future__ import annotations

from typing import Any

from tests.codegen.documents import fields, id_parameter, operation

__all__ = ["FAMILIES", "NAMES", "new_family"]

Document = dict[str, Any]
PAGES = {"pageNum": "pageSize", "page": "page_size", "current": "pageSize"}


def new_family(
    name: str, *, detail: str = "", listing: str, page: str, batch: bool, delete: str = ""
) -> Document:
    """The paths of one family, as an OpenAPI document has them.

    Args:
        name: its path segment.
        detail: the path of its detail route; ``status?_id`` is a route that takes the id by query.
        listing: the last segment of its list.
        page: the query parameter that counts the pages.
        batch: whether it has a batch route.
        delete: method and path of its delete route.
    """
    base = f"/api/v1/{name}"
    paths: Document = {
        f"{base}/start": {
            "post": operation(
                requestBody=fields(
                    ["prompt"],
                    name={"type": "string"},
                    prompt={"type": "string"},
                    image_url={"type": "string"},
                )
            )
        },
        f"{base}/{listing}": {
            "get": operation(
                parameters=[
                    {"name": page, "in": "query", "schema": {"type": "integer", "default": 1}},
                    {"name": PAGES[page], "in": "query", "schema": {"type": "integer", "default": 10}},
                    {"name": "status", "in": "query", "schema": {"type": "string"}},
                ]
            )
        },
    }

    if batch:
        ids = fields(["ids"], ids={"type": "array", "items": {"type": "string"}})
        paths[f"{base}/batchDetail"] = {"post": operation(requestBody=ids)}

    tail, _, query = detail.partition("?")
    if query:
        wanted = [
            {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
            {"name": query, "in": "query", "required": True, "schema": {"type": "string"}},
        ]
        paths[f"{base}/{tail}"] = {"get": operation(parameters=wanted)}
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
}  # fmt: skip
NAMES = ["new_kite", "new_boat", "new_train", "new_plane", "new_car", "new_bus", "new_tram"]
"""Their names as resources, in the same order."""
