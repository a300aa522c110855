"""Values of options, made as those of rows are."""

from __future__ import annotations

from a2e_async._rows.values import cells_of, json_object, keywords_of, value_of

__all__ = ["cells_of", "json_object", "keywords_of", "value_of"]
