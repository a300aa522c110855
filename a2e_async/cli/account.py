"""``a2e balance``, ``a2e voices`` and ``a2e avatars``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from a2e_async.cli.command import Options
from a2e_async.cli.layout import amount
from a2e_async.cli.output import print_json, print_row, print_table
from a2e_async.client import A2E

__all__ = ["avatars", "balance", "voices"]


async def balance(a2e: A2E, options: Options) -> int:
    """``a2e balance``: print the coins of the account."""
    record = await a2e.balance()
    if options.json:
        print_json(record)
        return 0
    for name in ("coins", "diamonds"):
        number = getattr(record, name)
        if number is not None:
            print_row(name, amount(number))
    return 0


async def voices(a2e: A2E, options: Options) -> int:
    """``a2e voices``: print the voices of a language, the user's own, or the languages."""
    if options.own:
        own = [record async for record in a2e.voice.completed_record()]
        if options.json:
            for record in own:
                print_json(record)
        else:
            print_table(("id", "name"), [(record.id, record.name) for record in own])
        return 0

    given = {"country": options.language, "region": options.region}
    groups: Sequence[Any] = (
        await a2e.anchor.language_list()
        if options.languages
        else await a2e.anchor.voice_list(**{name: value for name, value in given.items() if value})
    )
    if options.json:
        for group in groups:
            print_json(group)
    elif options.languages:
        print_table(("language", "region", "name"), [*_languages(groups)])
    else:
        print_table(("id", "name", "kind"), [*_voices(groups)])
    return 0


def _voices(groups: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for group in groups:
        for voice in group.children or ():
            yield voice.value, voice.label, group.label or group.value


def _languages(groups: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for group in groups:
        regions = group.children or ()
        for region in regions:
            yield group.value, region.value, f"{group.label} ({region.label})"
        if not regions:
            yield group.value, "-", group.label


async def avatars(a2e: A2E, options: Options) -> int:
    """``a2e avatars``: print avatars, the user's own or the service's too."""
    if options.own:
        found: Sequence[Any] = (await a2e.anchor.character_list(type="custom"))[: options.limit]
    else:
        found = await a2e.anchor.list(web_type="a2e").first(options.limit)
    if options.json:
        for record in found:
            print_json(record)
        return 0

    rows = [(record.id, record.type, record.gender, record.name or _name(record.raw)) for record in found]
    print_table(("id", "type", "gender", "name"), rows)
    return 0


def _name(raw: Mapping[str, Any]) -> Any:
    """A name under one of the other names that the service has for it."""
    return next((raw[key] for key in ("user_name", "nickname", "title") if raw.get(key)), None)
