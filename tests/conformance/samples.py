"""Valid arguments for any operation, made by rule from its declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation

__all__ = ["ANCHOR", "Place", "media_url", "places_of", "sample", "sample_arguments", "with_value"]

ANCHOR = "65f0c0ffee0000000000a001"
_HOST = "https://video-in.example.com"  # has the word video in it, which must not mislead any guess


def media_url(name: str, word: str = "in") -> str:
    """A URL whose suffix fits the purpose of a field with this name."""
    kinds = (("mp3", r"audio|voice|src"), ("mp4", r"video|clip"))
    suffix = next((kind for kind, pattern in kinds if re.search(pattern, name, re.IGNORECASE)), "png")
    return f"{_HOST}/{word}/{name or 'file'}.{suffix}"


def sample(field: Field, word: str = "in") -> Any:
    """A value that a field allows. Optional members of objects are left out.

    Args:
        field: the field.
        word: put into every text and URL whose content is free.
    """
    if field.choices:
        return field.choices[0]
    if field.media:
        return media_url(field.wire_name, word)

    if field.kind is list:
        number = max(field.min_items or 1, 1)
        item = field.item or Field("", str)
        if item.media and not item.name:
            return [media_url(f"{field.name}-{place}", word) for place in range(number)]
        return [sample(item, word) for _ in range(number)]

    if field.kind is dict:
        return {
            member.wire_name: sample(member, word)
            for member in field.fields
            if member.required or member.kind is list
        }

    if field.kind is bool:
        return False
    if field.kind in (int, float):
        return field.minimum or field.maximum or 1

    if field.pattern and "24" in field.pattern:
        return ANCHOR
    if field.pattern and "https" in field.pattern:
        return f"{_HOST}/hook"

    return f"{field.name} {word}"[: field.max_length]


def sample_arguments(operation: Operation[Any], word: str = "in", **given: Any) -> dict[str, Any]:
    """Keywords that an operation accepts, also by its rules between keywords."""
    fields = {field.name: field for field in (*operation.path_fields, *operation.query, *operation.body)}
    values = {field.name: sample(field, word) for field in fields.values() if field.required}
    values.update(given)

    for group in operation.any_of:
        if not any(name in values for name in group):
            values[group[0]] = sample(fields[group[0]], word)

    missing = True
    while missing:
        missing = False
        for need in operation.needs:
            if not need.applies(values):
                continue
            wanted = [name for name in need.all_of if name not in values]

            if need.any_of and not any(name in values for name in need.any_of):
                wanted.append(need.any_of[0])
            for name in wanted:
                values[name] = sample(fields[name], word)
                missing = True

            for name, allowed in need.only.items():
                if name in values and values[name] not in allowed:
                    values[name] = allowed[0]
                    missing = True

    return values


Place = tuple[str | int, ...]


def places_of(operation: Operation[Any]) -> Iterator[tuple[Place, Field]]:
    """The places in an operation's keywords that take media, each with its field."""
    for field in operation.body:
        yield from _places(field, (field.name,))


def _places(field: Field, where: Place) -> Iterator[tuple[Place, Field]]:
    if field.media:
        yield where, field
    if field.item is not None:
        yield from _places(field.item, (*where, 0))
    for member in field.fields:
        yield from _places(member, (*where, member.wire_name))


def with_value(operation: Operation[Any], where: Place, value: Any, **given: Any) -> dict[str, Any]:
    """Keywords that an operation accepts, with a given value at one place."""
    fields = {field.name: field for field in operation.body}
    name = str(where[0])
    inner = _placed(fields[name], where[1:], value)
    return sample_arguments(operation, **{**given, name: inner})


def _placed(field: Field, where: Place, value: Any) -> Any:
    if not where:
        return value
    if isinstance(where[0], int):
        assert field.item is not None
        elements = sample(field)
        return [_placed(field.item, where[1:], value), *elements[1:]]
    base: Mapping[str, Any] = sample(field)
    member = next(member for member in field.fields if member.wire_name == where[0])
    return {**base, str(where[0]): _placed(member, where[1:], value)}
