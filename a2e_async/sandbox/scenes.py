"""What a result shows: what was asked for, and the inputs that it was made from."""

from __future__ import annotations

import hashlib
import textwrap

import attrs

from a2e_async.sandbox.canvas import SIDE, Canvas, Raster, nearest
from a2e_async.sandbox.font import ADVANCE, readable
from a2e_async.sandbox.h264 import BAR_ROW

__all__ = ["THUMBNAIL", "Input", "Scene", "draw"]

THUMBNAIL = 96  # pixels

_WHITE, _GREY = nearest(255, 255, 255), nearest(204, 204, 204)
_PAPERS = ((0, 0, 51), (0, 51, 51), (51, 0, 51), (51, 51, 51), (0, 51, 102), (51, 0, 0))
_ACCENTS = ((204, 51, 51), (0, 102, 204), (0, 153, 102), (204, 102, 0), (153, 51, 153), (51, 102, 153))

_TEXT_TOP, _INPUTS_TOP, _NOTES_TOP, _BAR_TOP = 40, 128, 228, 16 * BAR_ROW


@attrs.frozen
class Input:
    """One input.

    Attributes:
        lines: what is known about it.
        picture: a thumbnail; None if there is none.
    """

    lines: tuple[str, ...]
    picture: Raster | None = None


@attrs.frozen
class Scene:
    """What a result shows.

    Attributes:
        seed: makes results of the same request differ; it is written into the file, too.
        title: what was made.
        text: what was asked for.
        notes: the settings.
        inputs: what it was made from.
        seconds: the length of a sound.
        speaks: whether a clip has sound.
    """

    seed: str
    title: str = ""
    text: str = ""
    notes: str = ""
    inputs: tuple[Input, ...] = ()
    seconds: float = 1.0
    speaks: bool = False


def draw(scene: Scene, *, moves: bool = False) -> Raster:
    """Draw a scene.

    Args:
        scene: what to draw.
        moves: whether it becomes a clip, whose bar at the bottom is filled at its start only.
    """
    digest = hashlib.sha256(scene.seed.encode()).digest()
    paper = nearest(*_PAPERS[digest[0] % len(_PAPERS)])
    accent = nearest(*_ACCENTS[sum(scene.title.encode()) % len(_ACCENTS)])

    canvas = Canvas(paper)
    _draw_header(canvas, scene, accent)
    _draw_text(canvas, scene.text, paper)
    if scene.inputs:
        left = 16 if len(scene.inputs) > 1 else (SIDE - THUMBNAIL) // 2
        for number, one in enumerate(scene.inputs[:2]):
            _draw_input(canvas, left + 128 * number, one, paper)
    else:
        _draw_emblem(canvas, digest, accent)

    canvas.text(8, _NOTES_TOP, readable(scene.notes), ink=_GREY, paper=paper)
    canvas.fill(0, _BAR_TOP, SIDE, SIDE - _BAR_TOP, nearest(0, 0, 0))
    canvas.fill(0, _BAR_TOP, 16 if moves else SIDE, SIDE - _BAR_TOP, accent)
    return canvas.finish()


def _draw_header(canvas: Canvas, scene: Scene, accent: int) -> None:
    canvas.fill(0, 0, SIDE, 32, accent)
    title = readable(scene.title)
    scale = 2 if len(title) * ADVANCE * 2 <= SIDE - 16 else 1
    canvas.text(8, 4, title, ink=_WHITE, paper=accent, scale=scale)
    canvas.text(8, 22, readable(scene.seed), ink=_GREY, paper=accent)


def _draw_text(canvas: Canvas, text: str, paper: int) -> None:
    """Write the text as large as it fits."""
    for scale, pitch in ((2, 20), (1, 10)):
        room, columns = (_INPUTS_TOP - _TEXT_TOP) // pitch, (SIDE - 16) // (ADVANCE * scale)
        lines = textwrap.wrap(readable(text), columns)
        if len(lines) <= room:
            break
    else:
        lines = lines[:room]
        lines[-1] = f"{lines[-1][: columns - 3]}..."

    for number, line in enumerate(lines):
        canvas.text(8, _TEXT_TOP + number * pitch, line, ink=_WHITE, paper=paper, scale=scale)


def _draw_input(canvas: Canvas, x: int, given: Input, paper: int) -> None:
    if given.picture is not None:
        across, down = THUMBNAIL - given.picture.width, THUMBNAIL - given.picture.height
        canvas.paste(x + across // 2, _INPUTS_TOP + down // 2, given.picture)
        return

    canvas.fill(x, _INPUTS_TOP, THUMBNAIL, THUMBNAIL, _GREY)
    canvas.fill(x + 1, _INPUTS_TOP + 1, THUMBNAIL - 2, THUMBNAIL - 2, paper)
    columns = (THUMBNAIL - 12) // ADVANCE
    lines = [part for line in given.lines for part in textwrap.wrap(readable(line), columns)]
    for number, line in enumerate(lines[:8]):
        canvas.text(x + 6, _INPUTS_TOP + 8 + 10 * number, line, ink=_GREY, paper=paper)


def _draw_emblem(canvas: Canvas, digest: bytes, accent: int) -> None:
    """Draw a pattern of squares that is the same to the left and to the right, in place of an input."""
    x, side = (SIDE - THUMBNAIL) // 2, THUMBNAIL // 6
    canvas.fill(x, _INPUTS_TOP, THUMBNAIL, THUMBNAIL, _WHITE)
    for row in range(6):
        for column in range(3):
            if digest[3 * row + column + 1] % 2:
                for at in (column, 5 - column):
                    canvas.fill(x + at * side, _INPUTS_TOP + row * side, side, side, accent)
