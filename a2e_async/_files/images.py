"""Pictures in memory, as those of Pillow, encoded as files. Blocks, and belongs in a worker thread."""

from __future__ import annotations

import io
import threading
from typing import Any

from a2e_async.errors import InvalidArgument

__all__ = ["encoded_image"]

_KEPT_FORMATS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": "keep"},
    "WEBP": {"quality": 95},
}
_PNG_MODES = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})
_ORIENTATION = 0x0112

_lock = threading.Lock()  # a picture that is not loaded yet reads its file, which two threads must not do


def encoded_image(image: Any, field: str) -> bytes:
    """Encode a picture in the format that it came from, if it is one of the web's, else as PNG.

    A JPEG keeps its quality, and every picture the note of how it is turned.

    Args:
        image: a picture of Pillow, or one that saves itself in the same way.
        field: the argument's name, for messages.

    Raises:
        InvalidArgument: the picture cannot be encoded.
    """
    kept = image.format if isinstance(image.format, str) else ""
    with _lock:
        for format_, options in [(kept, _KEPT_FORMATS.get(kept, {})), ("PNG", {})]:
            if format_ not in _KEPT_FORMATS:
                continue
            try:
                return _saved(image, format_, options)
            except Exception as error:  # of whatever library it is
                problem = error
    raise InvalidArgument(field, f"the picture cannot be encoded: {problem}") from problem


def _saved(image: Any, format_: str, options: dict[str, Any]) -> bytes:
    exif = image.getexif() if hasattr(image, "getexif") else {}
    if _ORIENTATION in exif:
        options = {**options, "exif": exif}
    if format_ == "PNG" and image.mode not in _PNG_MODES:
        image = image.convert("RGBA" if "A" in image.mode or "a" in image.mode else "RGB")

    file = io.BytesIO()
    image.save(file, format=format_, **options)
    return file.getvalue()
