"""A picture in the making: a square of pixels, each the number of a colour."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import attrs

from a2e_async.sandbox.font import ADVANCE, HEIGHT, glyph_rows

__all__ = ["COLOURS", "SIDE", "Canvas", "Raster", "nearest", "ycbcr"]

SIDE = 256

# Six levels of red, green and blue. The number of a colour is 36 * red + 6 * green + blue.
COLOURS = tuple((51 * r, 51 * g, 51 * b) for r in range(6) for g in range(6) for b in range(6))


def nearest(red: int, green: int, blue: int) -> int:
    """The number of the colour that is nearest to a colour with parts of 0 to 255."""
    return sum((part + 25) // 51 * weight for part, weight in ((red, 36), (green, 6), (blue, 1)))


@functools.cache
def ycbcr() -> Sequence[tuple[float, float, float]]:
    """Of every colour the brightness, 0 to 255, and its blue and red difference, -127.5 to 127.5 (BT.601)."""
    found: list[tuple[float, float, float]] = []
    for red, green, blue in COLOURS:
        y = 0.299 * red + 0.587 * green + 0.114 * blue
        found.append((y, (blue - y) / 1.772, (red - y) / 1.402))
    return found


@attrs.frozen
class Raster:
    """A finished rectangle of pixels, by rows.

    Attributes:
        width: in pixels.
        height: in pixels.
        rows: a byte for each pixel, the number of its colour.
    """

    width: int
    height: int
    rows: tuple[bytes, ...]

    def smaller(self, factor: int) -> Raster:
        """Every `factor`-th pixel of every `factor`-th row."""
        rows = tuple(row[::factor] for row in self.rows[::factor])
        return Raster(len(rows[0]), len(rows), rows)


class Canvas:
    """A square of `SIDE` pixels to draw on.

    Args:
        paper: the colour of all pixels at first.
    """

    def __init__(self, paper: int) -> None:
        self._rows = [bytearray([paper]) * SIDE for _ in range(SIDE)]

    def fill(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        """Fill a rectangle."""
        strip = bytes([colour]) * width
        for row in self._rows[y : y + height]:
            row[x : x + width] = strip

    def text(self, x: int, y: int, text: str, *, ink: int, paper: int, scale: int = 1) -> None:
        """Write one line. What does not fit into the width is left out."""
        fitting = text[: (SIDE - x) // (ADVANCE * scale)]
        lines = zip(*(_drawn(one, ink, paper, scale) for one in fitting), strict=True)
        for number, parts in enumerate(lines):
            strip = b"".join(parts)
            top = y + number * scale
            for row in self._rows[top : top + scale]:
                row[x : x + len(strip)] = strip

    def paste(self, x: int, y: int, raster: Raster) -> None:
        """Lay a finished rectangle on the canvas."""
        for row, strip in zip(self._rows[y : y + raster.height], raster.rows, strict=False):
            row[x : x + raster.width] = strip

    def finish(self) -> Raster:
        """What was drawn."""
        return Raster(SIDE, SIDE, tuple(map(bytes, self._rows)))


@functools.lru_cache(maxsize=2048)
def _drawn(character: str, ink: int, paper: int, scale: int) -> Sequence[bytes]:
    """The rows of a character with the gap after it, not yet repeated for the scale."""
    colours = {"#": bytes([ink]) * scale, ".": bytes([paper]) * scale}
    gap = bytes([paper]) * ((ADVANCE - 5) * scale)
    return [b"".join(colours[dot] for dot in row) + gap for row in glyph_rows(character)[:HEIGHT]]
