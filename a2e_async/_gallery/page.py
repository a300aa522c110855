"""A gallery as HTML, piece by piece. Pictures that the jobs were given are read and put into the page."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import attrs

from a2e_async._files.media_types import HEAD_BYTES, sniff
from a2e_async._gallery.facts import EMBEDDED_TYPES, MOST_EMBEDDED, Facts, Medium
from a2e_async._gallery.looks import SCRIPT, STYLE
from a2e_async._html.cards import counted, seconds_text
from a2e_async._html.tags import escaped

__all__ = ["Head", "Page"]

_MOST_EMBEDDED_IN_ALL = 24 << 20  # bytes


@attrs.frozen
class Head:
    """What stands at the top of a page.

    Attributes:
        title: the title.
        done: jobs without a problem.
        failed: jobs with one.
        coins: the coins charged; None if nobody knows.
        remote: jobs whose files are only linked to.
        links: whether the page loads anything from the web.
        missed: jobs that had ended before the page was asked for.
        workflows: the names of the workflows.
        date: when the page was written.
        is_last: whether the run is over.
    """

    title: str
    done: int
    failed: int
    coins: float | None
    remote: int
    links: bool
    missed: int
    workflows: Sequence[str]
    date: str
    is_last: bool


class Page:
    """One page.

    Args:
        folder: the folder that it is written to. Files are linked to from there.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._room = _MOST_EMBEDDED_IN_ALL

    def pieces(self, head: Head, rows: Iterable[Facts]) -> Iterator[str]:
        """The page, from its first line to its last. Blocks: it reads the pictures that it puts in."""
        yield _top(head)
        for facts in rows:
            yield self._row(facts)
        yield _bottom(head)

    def _row(self, facts: Facts) -> str:
        good = not facts["error"] and facts["has_result"]
        inputs = "".join(self._figure(medium, "") for medium in facts["inputs"])
        outputs = "".join(self._figure(medium, facts["prompt"]) for medium in facts["outputs"])
        shape = "" if outputs else "given" if inputs else "bare"
        classes = f"{'good' if good else 'bad'} {shape}".strip()

        seconds = f"{facts['seconds']:.1f}"
        coins = "" if facts["coins"] is None else f"{facts['coins']:g}"
        data = {"index": facts["index"], "kind": facts["workflow"], "coins": coins, "seconds": seconds}
        attributes = "".join(f' data-{name}="{escaped(value)}"' for name, value in data.items())
        return (
            f'<article class="{classes}"{attributes}>'
            f"{_media(inputs, outputs, len(facts['outputs']))}{_words(facts, good)}</article>\n"
        )

    def _figure(self, medium: Medium, alt: str) -> str:
        where = self._where(medium)
        name = escaped(medium.get("name", ""))
        tag = "" if where is None else _tag(where, medium.get("medium", ""), alt or medium.get("name", ""))
        is_link = where is not None and not where.startswith("data:")
        caption = f'<a href="{escaped(where)}" target="_blank" rel="noopener noreferrer">{name}</a>'
        return f"<figure>{tag}<figcaption>{caption if is_link else name}</figcaption></figure>"

    def _where(self, medium: Medium) -> str | None:
        """The address of a medium, as seen from the page; None if it is only named."""
        if "path" not in medium:
            return medium.get("data") or medium.get("url")
        path = medium["path"]
        return self._embedded(path, medium.get("medium", "")) or _relative(path, self._folder)

    def _embedded(self, path: str, medium: str) -> str | None:
        """A picture from outside the page's folder as a part of the page, if it is small."""
        if medium != "image" or _is_inside(path, self._folder):
            return None
        try:
            if os.path.getsize(path) > min(MOST_EMBEDDED, self._room):
                return None
            with open(path, "rb") as file:
                content = file.read(MOST_EMBEDDED)
        except OSError:
            return None

        kind = sniff(content[:HEAD_BYTES])
        if kind is None or kind.content_type not in EMBEDDED_TYPES:
            return None
        self._room -= len(content)
        return f"data:{kind.content_type};base64,{base64.b64encode(content).decode()}"


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _relative(path: str, folder: str) -> str:
    """The address of a file as seen from a folder."""
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return "file:///" + quote(path.replace(os.sep, "/"), safe="/:")
    # In a URL a half character is nothing, and what cannot be decoded are the bytes of the name.
    name = quote(os.fsencode(relative.replace(os.sep, "/")))
    return name if name.startswith("../") else f"./{name}"


def _tag(where: str, medium: str, alt: str) -> str:
    address = escaped(where)
    if medium == "image":
        rest = 'loading="lazy" decoding="async" referrerpolicy="no-referrer"'
        return f'<img src="{address}" alt="{escaped(alt[:200])}" {rest}>'
    if medium == "video":
        return f'<video src="{address}" controls playsinline preload="none"></video>'
    if medium == "audio":
        return f'<audio src="{address}" controls preload="none"></audio>'
    return ""


def _media(inputs: str, outputs: str, count: int) -> str:
    if not inputs and not outputs:
        return ""
    given = f'<div class="in">{inputs}</div>' if inputs else ""
    made = f'<div class="out{" one" if count == 1 else ""}">{outputs}</div>' if outputs else ""
    return f'<div class="media">{given}{made}</div>'


def _words(facts: Facts, good: bool) -> str:
    state = "done" if good else "failed" if not facts["has_result"] else "made, not saved"
    parts = [
        f'<h2>{escaped(facts["title"])} <span class="kind">{escaped(facts["workflow"])}</span> '
        f'<span class="state">{state}</span></h2>'
    ]
    if facts["error"]:
        parts.append(f'<p class="why">{escaped(facts["error"])}</p>')
    if facts["prompt"]:
        parts.append(f'<p class="prompt" dir="auto">{escaped(facts["prompt"])}</p>')
    if facts["settings"]:
        settings = ((escaped(name), escaped(text)) for name, text in facts["settings"])
        items = "".join(f"<li><b>{name}</b> {text}</li>" for name, text in settings)
        parts.append(f'<ul class="set">{items}</ul>')

    attempts = facts["attempts"]
    known = [
        counted(facts["coins"], "coin"),
        seconds_text(facts["seconds"]),
        f"{attempts} starts" if attempts > 1 else "",
        "from the journal" if facts["replayed"] else "",
        " ".join(facts["ids"][:4]),
        facts["key"] if facts["key"] not in (None, facts["title"]) else "",
    ]
    if any(known):
        parts.append(f'<p class="facts">{escaped(" · ".join(filter(None, known)))}</p>')
    return f'<div class="words">{"".join(parts)}</div>'


def _top(head: Head) -> str:
    title = escaped(head.title)
    jobs = head.done + head.failed

    known = [
        f"<b>{counted(jobs, 'job')}</b>",
        f"{head.done:,} done",
        f"{head.failed:,} failed" if head.failed else "",
        counted(head.coins, "coin"),
        "" if head.is_last else f"the run was still going on {escaped(head.date)}",
    ]

    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(head.links)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer"><meta name="generator" content="a2e_async">
<title>{title}</title><style>{STYLE}</style></head><body>
<header><h1>{title}</h1><p class="sum">{" · ".join(filter(None, known))}</p>{_note(head)}</header>
<div class="tools" hidden><form role="search">
<input type="search" name="q" placeholder="Search" aria-label="Search in keys, prompts and settings">
{_states(head)}{_kinds(head.workflows)}
<select name="sort" aria-label="Order"><option value="index 1">In order</option>
<option value="coins -1">Most coins</option><option value="seconds -1">Longest</option>
<option value="seconds 1">Shortest</option></select>
<output class="count" aria-live="polite">{jobs}</output></form></div>
<main>
"""


def _bottom(head: Head) -> str:
    hidden = " hidden" if head.done + head.failed else ""
    return (
        f'<p class="none"{hidden}>Nothing to show.</p></main>'
        f"<footer>Written {escaped(head.date)} by a2e_async.</footer>\n"
        f"<script>{SCRIPT}</script></body></html>\n"
    )


def _note(head: Head) -> str:
    notes: list[str] = []
    if head.remote:
        jobs = counted(head.remote, "job")
        notes.append(
            f"The files of {jobs} were not downloaded. They are shown from their links, which expire about "
            "three days after the tasks were made. Until then, whoever has this page can open them."
        )
    if head.missed:
        missed = counted(head.missed, "job")
        notes.append(f"Not shown: {missed} that ended before the page was asked for.")
    return "".join(f'<p class="note">{note}</p>' for note in notes)


def _states(head: Head) -> str:
    states = [("", "All"), ("good", "Done"), ("bad", "Failed")] if head.failed else [("", "All")]
    radios = "".join(
        f'<label><input type="radio" name="state" value="{value}"{" checked" if not value else ""}>'
        f"<span>{name}</span></label>"
        for value, name in states
    )
    hidden = "" if head.failed else " hidden"
    return f'<div class="states" role="group" aria-label="State"{hidden}>{radios}</div>'


def _kinds(workflows: Sequence[str]) -> str:
    if len(workflows) < 2:
        return ""
    names = [escaped(name) for name in workflows]
    options = "".join(f'<option value="{name}">{name}</option>' for name in names)
    every = '<option value="">All workflows</option>'
    return f'<select name="kind" aria-label="Workflow">{every}{options}</select>'


def _policy(has_links: bool) -> str:
    """What the page may load: its own style and script, and files beside it."""
    media = f"'self' file: data:{' https: http:' if has_links else ''}"
    return (
        f"default-src 'none'; img-src {media}; media-src {media}; style-src {_hash(STYLE)}; "
        f"script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
