"""Spans of uploads and downloads, and how a span shows an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind, StatusCode

from a2e_async.client_events import Downloaded, Downloading, Failed, Uploaded, Uploading

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["Transfers", "show_error"]


class Transfers:
    """Makes a span of each upload and download. It shows neither a name nor a URL.

    Args:
        tracer: makes the spans.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[int, Span] = {}

    def begun(self, event: Uploading | Downloading) -> None:
        """Begin a span, if it is not there. These events come again with each piece of the file."""
        if event.transfer not in self._open:
            name = "upload" if isinstance(event, Uploading) else "download"
            self._open[event.transfer] = self._tracer.start_span(name, kind=SpanKind.CLIENT)

    def done(self, event: Uploaded | Downloaded) -> None:
        """End a span."""
        span = self._open.pop(event.transfer, None)
        if span is None:
            return
        span.set_attributes({"a2e.file.size": event.size, "a2e.file.reused": event.reused})
        if event.content_type is not None:
            span.set_attribute("a2e.file.content_type", event.content_type)
        span.end()

    def failed(self, transfer: int, event: Failed) -> None:
        """End the span of a transfer that has failed."""
        span = self._open.pop(transfer, None)
        if span is not None:
            show_error(span, event)
            span.end()


def show_error(span: Span, event: Failed) -> None:
    """Let a span show that it ends with an error: its name, status and code, and no text."""
    span.set_status(StatusCode.ERROR, event.error)
    span.set_attribute("error.type", event.error)
    if event.status is not None:
        span.set_attribute("http.response.status_code", event.status)
    if event.code is not None:
        span.set_attribute("a2e.error.code", event.code)
    if event.goes_on:
        span.set_attribute("a2e.goes_on", True)
