"""One keyword of an operation and the values it allows, checked before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from a2e_async._spec.media import Made, Upload, is_file, is_made
from a2e_async._spec.values import checked_finite, items_in, missing_hint, name_in, plain, text_in
from a2e_async.addresses import media_url_problem
from a2e_async.checks import address_in, is_number, number_from, shown, unwrapped, whole_from
from a2e_async.errors import InvalidArgument

__all__ = ["Field", "anyway", "checked_id", "forget_warnings", "hint", "shown"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# One letter before the colon is a drive, not a scheme.
_URL = re.compile(r"https?://[^\s/]\S*|(?!https?:)[A-Za-z][A-Za-z0-9+.-]+:\S+", re.IGNORECASE)


@attrs.frozen
class Field:
    """One keyword of an operation and the values it allows.

    Attributes:
        name: the Python keyword.
        kind: ``str``, ``int``, ``float`` (any number), ``bool``, ``list``, ``dict`` or ``object`` (anything).
        key: the name on the wire, if it differs.
        choices: the known values. The service often takes newer ones before its document lists them, so
            another value of the right kind is sent, with one warning.
        closed: the service is known to refuse all other values, so they are refused here.
        above, below: bounds that the value itself must not be.
        multiple_of: what the value must be a multiple of.
        media: the API takes a media URL, so a file is allowed too.
        content: a file, whose content is sent in the request itself.
        style: how the value is written, if not as usual in its place; see `a2e_async._spec.styles`.
        also: values allowed in addition to the limits.
        item: what each element of a list, or each value of a dict without known members, allows.
        fields: what the members of a dict allow; other members are passed on.
    """

    name: str
    kind: type = object
    key: str = ""
    required: bool = attrs.field(default=False, kw_only=True)
    choices: tuple[Any, ...] = attrs.field(default=(), kw_only=True)
    closed: bool = attrs.field(default=False, kw_only=True)
    minimum: float | None = attrs.field(default=None, kw_only=True)
    maximum: float | None = attrs.field(default=None, kw_only=True)
    above: float | None = attrs.field(default=None, kw_only=True)
    below: float | None = attrs.field(default=None, kw_only=True)
    multiple_of: float | None = attrs.field(default=None, kw_only=True)
    min_length: int | None = attrs.field(default=None, kw_only=True)
    max_length: int | None = attrs.field(default=None, kw_only=True)
    min_items: int | None = attrs.field(default=None, kw_only=True)
    max_items: int | None = attrs.field(default=None, kw_only=True)
    pattern: str | None = attrs.field(default=None, kw_only=True)
    media: bool = attrs.field(default=False, kw_only=True)
    content: bool = attrs.field(default=False, kw_only=True)
    style: str = attrs.field(default="", kw_only=True)
    also: tuple[Any, ...] = attrs.field(default=(), kw_only=True)
    item: Field | None = attrs.field(default=None, kw_only=True)
    fields: tuple[Field, ...] = attrs.field(default=(), kw_only=True)

    @property
    def wire_name(self) -> str:
        """The name on the wire."""
        return self.key or self.name

    def is_unknown(self, value: Any) -> bool:
        """Whether the value is outside a list of known values that is open."""
        is_open = bool(self.choices) and not self.closed
        return is_open and value is not None and not _is_among(value, self.choices)

    def check(self, value: Any, where: str | None = None) -> Any:
        """Return the value as it is sent, unless it is invalid. Files stay files.

        A value of another library becomes the plain one that is meant. A value outside an open list of
        choices is valid; the first time, a warning names the known ones.

        Raises:
            InvalidArgument: names the field, the value and what is allowed.
        """
        where = where or self.name
        value = unwrapped(value)
        if self.content:
            return _checked_content(where, value)
        if is_made(value):
            value = self._of_made(where, value)
        if self.media and not isinstance(value, str) and address_in(value) is None:
            return _checked_file(where, value)

        value = self._of_kind(where, value)
        self._check_limits(where, value)
        if isinstance(value, list):
            return [self._checked_item(f"{where}[{index}]", element) for index, element in enumerate(value)]
        return self._with_members(where, value) if isinstance(value, Mapping) else value

    def _of_made(self, where: str, value: Made) -> Any:
        """The URL to take of what another job has made, or all for a list; itself if none is wanted."""
        if self.media:
            return value.urls_for(where)[0]
        takes_many = self.kind is list and self.item is not None and self.item.media
        return value.urls_for(where) if takes_many else value

    def _checked_item(self, where: str, value: Any) -> Any:
        return plain(value, where, 1) if self.item is None else self.item.check(value, where)

    def _with_members(self, where: str, value: Mapping[str, Any]) -> dict[str, Any]:
        members = {member.wire_name: member for member in self.fields}
        given = {name_in(key, where): each for key, each in value.items()}
        for name, member in members.items():
            if member.required and name not in given:
                raise InvalidArgument(f"{where}.{name}", "is required")

        return {
            name: members[name].check(each, f"{where}.{name}")
            if name in members
            else self._checked_item(f"{where}.{name}", each)
            for name, each in given.items()
        }

    def _of_kind(self, where: str, value: Any) -> Any:
        """The value, if it is of the declared kind; the elements of a list or a mapping are not checked."""
        kind = self.kind
        taken: Any = None
        if kind is object:
            taken = plain(value, where)
        elif kind is str:
            taken = text_in(value, where)
        elif kind is int:
            taken = whole_from(value)
        elif kind is float:
            taken = number_from(value)
        elif kind is bool:
            taken = value if isinstance(value, bool) else None
        elif kind is list:
            taken = items_in(value)
            taken = None if taken is None else list(taken)
        else:
            taken = value if isinstance(value, Mapping) else None

        if taken is None and not (kind is object and value is None):
            raise InvalidArgument(where, f"{shown(value)} is not {_KIND_NAMES[kind]}{missing_hint(value)}")
        return checked_finite(taken, where) if is_number(taken) else taken

    def _check_limits(self, where: str, value: Any) -> None:
        """Check a value of the right type: the choices, the range, the length, the pattern."""
        if value in self.also:
            return
        if self.choices and not _is_among(value, self.choices):
            if self.closed:
                known = ", ".join(map(repr, self.choices))
                raise InvalidArgument(
                    where, f"{shown(value)} is not one of {known}{hint(value, self.choices)}"
                )
            _warn_once(self, where, value)

        # A limit for another kind of value is ignored.
        if is_number(value):
            _check_range(where, value, self.minimum, self.maximum, "", value)
            self._check_number(where, value)
        elif isinstance(value, list | tuple):
            _check_range(where, len(value), self.min_items, self.max_items, " items", value)
        elif isinstance(value, str):
            _check_range(where, len(value), self.min_length, self.max_length, " characters", value)
            if self.media:
                _check_url(where, value)
            elif self.pattern is not None and not re.search(self.pattern, value):
                raise InvalidArgument(where, f"{shown(value)} does not match {self.pattern}")

    def _check_number(self, where: str, value: Any) -> None:
        if self.above is not None and value <= self.above:
            raise InvalidArgument(where, f"{shown(value)} is out of bounds: more than {self.above}")
        if self.below is not None and value >= self.below:
            raise InvalidArgument(where, f"{shown(value)} is out of bounds: less than {self.below}")
        if self.multiple_of is not None:
            share = value / self.multiple_of
            if abs(share - round(share)) > 1e-9 * max(1.0, abs(share)):
                raise InvalidArgument(where, f"{shown(value)} is not a multiple of {self.multiple_of}")


_MOST_WARNINGS = 1000  # remembered, so that a service which takes values from its users stays small
_INDEX = re.compile(r"\[[0-9]+\]")
_warned: dict[tuple[str, tuple[Any, ...], str], None] = {}


def _warn_once(field: Field, where: str, value: Any) -> None:
    """Log that a value is not among the known ones, once per field and value."""
    text = shown(value)
    key = (_INDEX.sub("[]", where), field.choices, text)
    if key in _warned:
        return

    while len(_warned) >= _MOST_WARNINGS:
        _warned.pop(next(iter(_warned)), None)
    _warned[key] = None

    import logging

    logging.getLogger("a2e_async").warning(
        "%s: %s is not among the known values (%s)%s; it is sent as it is",
        where,
        text,
        ", ".join(map(repr, field.choices)),
        hint(value, field.choices),
    )


def forget_warnings() -> None:
    """Log each unknown value once more. For tests."""
    _warned.clear()


def _is_among(value: Any, choices: tuple[Any, ...]) -> bool:
    """Whether the value is one of the choices. True is not 1."""
    return value in choices and (not isinstance(value, bool) or any(value is one for one in choices))


def checked_id(name: str, value: Any) -> str:
    """Check an id for use in a path and return it."""
    text = unwrapped(value)
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise InvalidArgument(name, f"{shown(value)} is not an id (1 to 128 letters, digits, _ or -)")
    return str.__str__(text)


_KIND_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    list: "a list",
    dict: "a mapping",
}


def _check_range(where: str, size: Any, low: float | None, high: float | None, unit: str, value: Any) -> None:
    if (low is not None and size < low) or (high is not None and size > high):
        bounds = f"{'' if low is None else f'at least {low}'}{' and ' if None not in (low, high) else ''}"
        bounds += "" if high is None else f"at most {high}"
        raise InvalidArgument(where, f"{shown(value)} is out of bounds: {bounds}{unit}")


def _check_url(where: str, value: str) -> None:
    if not _URL.fullmatch(value):
        raise InvalidArgument(
            where, f"{shown(value)} is not a URL (for a local file give pathlib.Path({shown(value)}))"
        )

    # Whether a private address is fine depends on where the API is; that is checked before a request.
    problem = media_url_problem(value, private_hosts=True)
    if problem:
        raise InvalidArgument(
            where, f"{shown(value)} {problem}; give the file as pathlib.Path(...), bytes or an Upload"
        )


def _checked_content(where: str, value: Any) -> Any:
    """The file, whose content will be read."""
    if isinstance(value, str | Upload) or not is_file(value):
        raise InvalidArgument(
            where,
            f"{shown(value)} is not a file: give pathlib.Path, bytes, an open binary file or a Pillow image"
            f"{missing_hint(value)}",
        )
    return _checked_file(where, value)


def _checked_file(where: str, value: Any) -> Any:
    """The file, after what can be seen of it without reading it. What may change in memory is copied."""
    if not is_file(value):
        advice = " (PIL.Image.fromarray makes an image of an array)" if getattr(value, "ndim", 0) else ""
        if isinstance(value, list | tuple) and value:
            advice = " (give one of the list)"
        raise InvalidArgument(
            where,
            f"{shown(value)} is not a URL, pathlib.Path, bytes, open binary file, Pillow image, Upload or "
            f"Result{advice or missing_hint(value)}",
        )

    if isinstance(value, bytes | bytearray | memoryview):
        if not len(value):
            raise InvalidArgument(where, "the file is empty")
        return bytes(value)
    return _checked_path(where, value) if isinstance(value, os.PathLike) else value


def _checked_path(where: str, value: os.PathLike[Any]) -> Path:
    from a2e_async._spec.local_paths import local_path, path_text  # only where a file is given

    try:
        path = Path(local_path(where, value))
        if not path.is_file():
            if _is_gone(path):
                return path
            raise InvalidArgument(where, f"{path_text(path)} is not a file")
        if not path.stat().st_size:
            raise InvalidArgument(where, f"{path_text(path)} is empty")
    except (OSError, TypeError) as error:
        place = path_text(value) if isinstance(error, OSError) else shown(value)
        raise InvalidArgument(where, f"{place} cannot be read: {error}") from None
    return path


def _is_gone(path: Path) -> bool:
    """Whether there is nothing of that name.

    The start refuses it, before anything is sent. A Job may name it: a job that has ended does not need its
    files any more.
    """
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False


def anyway(option: str = "extra_body") -> str:
    """Say how to send a value that is refused here, for the end of an error message."""
    return f"; give it in {option} to send it all the same"


def hint(value: Any, options: Iterable[Any]) -> str:
    """Suggest the option that was probably meant, for the end of an error message."""
    if not isinstance(value, str) or len(value) > 100:
        return ""
    import difflib

    close = difflib.get_close_matches(value, [str(option) for option in options], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
