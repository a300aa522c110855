"""Which handler answers which operation, where the operation's role alone does not say."""

from __future__ import annotations

from a2e_async.sandbox import api_files
from a2e_async.sandbox.api_tasks import Handler
from a2e_async.sandbox.document import SpecOperation

__all__ = ["EXTRA", "SPECIAL"]

SPECIAL: dict[str, Handler] = {
    "POST r2/upload-presigned-url": api_files.presign,
    "POST r2/get_upload_presigned_url": api_files.presign,
    "POST tos/transferToStorage": api_files.transfer,
}

# Seen in use by public clients, but in no document.
EXTRA = tuple(
    SpecOperation(method, f"/api/v1/{path}", {}, {})
    for method, path in (
        ("POST", "tos/transferToStorage"),
    )
)
