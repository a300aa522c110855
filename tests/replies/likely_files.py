"""Uploads and downloads: presign replies, error pages where media was promised, and what CDNs do."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

from tests.replies.parts import IMAGE, OUT, case, page, reply
from tests.replies.player import Case
from tests.replies.service import PNG

__all__ = ["files"]

PRESIGN = "POST /r2/upload-presigned-url"
STORE = "https://bucket.r2.example.com/u/cat.png"
CDN = "https://cdn.example.com/u/cat.png"
GOT = f"GET {IMAGE}"
SIZE = f"{len(PNG)} bytes"

PRESIGNS: dict[str, Any] = {
    "code-200": {"code": 200, "data": {"uploadUrl": f"{STORE}?sig=1", "cdnUrl": CDN, "key": "u/cat.png"}},
    "success": {"success": True, "data": {"uploadUrl": f"{STORE}?sig=1", "cdnUrl": CDN, "key": "u/cat.png"}},
    "snake": {"code": 0, "data": {"upload_url": f"{STORE}?sig=1", "cdn_url": CDN, "key": "u/cat.png"}},
    "public-url": {"code": 0, "data": {"uploadUrl": f"{STORE}?sig=1", "publicUrl": CDN, "key": "u/cat.png"}},
    "bare": {"uploadUrl": f"{STORE}?sig=1", "cdnUrl": CDN, "key": "u/cat.png"},
}

PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "html": (page(200, "<!DOCTYPE html><title>Link expired</title>"), "Link expired"),
    "html-as-png": (page(200, "<html>Link expired</html>", content_type="image/png"), "Link expired"),
    "xml": (
        page(
            200,
            "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            content_type="application/xml",
        ),
        "AccessDenied",
    ),
    "xml-as-mp4": (page(200, "<Error><Code>NoSuchKey</Code></Error>", content_type="video/mp4"), "NoSuchKey"),
    "json": ({"json": {"error": "not found"}}, "not found"),
    "json-as-png": ({"json": {"error": "not found"}, "headers": {"content-type": "image/png"}}, "not found"),
    "xml-403": (page(403, "<Error><Code>AccessDenied</Code></Error>", content_type="application/xml"), "403"),
    "html-404": (page(404, "<html>no such file</html>"), "404"),
}
"""Bodies that are no media."""

AWAY: dict[str, str] = {
    "private": "http://10.0.0.7/1.png",
    "loopback": "https://127.0.0.1/1.png",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "file": "file:///etc/passwd",
    "loop": IMAGE,
}
"""Redirects that lead nowhere good."""


def files() -> Iterator[Case]:
    """Cases of uploads and downloads."""
    yield from _uploads()
    yield from _downloads()


def _uploads() -> Iterator[Case]:
    upload = {"do": "upload"}
    stored = {f"PUT {STORE}": page(200)}
    for name, answer in PRESIGNS.items():
        yield case(f"presign-{name}", upload, {PRESIGN: {"json": answer}, **stored}, value_has=CDN)

    bare = reply(
        {"uploadUrl": f"{STORE}?sig=1", "key": "adam2eve/stable/user/cat.png", "bucket": "3days-apac"}
    )
    made_up = "https://3days-apac.ai2everyone.com/adam2eve/stable/user/cat.png"
    clear = {"error": ["UploadError"], "text_has": ["cdnUrl"]}
    yield case(
        "presign-without-cdn-url", upload, {PRESIGN: bare, **stored}, any_of=[{"value_has": made_up}, clear]
    )
    yield case("presign-without-urls", upload, {PRESIGN: reply({})}, error=["A2EError"])
    plan = {"status": 403, "json": {"code": 403, "msg": "API access is not available for free users."}}
    yield case("presign-free-plan", upload, {PRESIGN: plan}, error=["PlanRequired"])

    presigned = {PRESIGN: {"json": PRESIGNS["code-200"]}}
    put = f"PUT {STORE}"
    yield case("put-204", upload, {**presigned, put: page(204)}, value_has=CDN)
    yield case(
        "put-500-then-200", upload, {**presigned, put: [page(500), page(200)]}, value_has=CDN, starts=1
    )
    denied = page(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", content_type="application/xml")
    yield case("put-403", upload, {**presigned, put: denied}, error=["UploadError"], text_has=["403"])
    private = reply({"uploadUrl": "https://10.0.0.7/u/cat.png", "cdnUrl": CDN, "key": "u/cat.png"})
    yield case("presign-private-host", upload, {PRESIGN: private}, error=["A2EError"], requests=1)


def _downloads() -> Iterator[Case]:
    get = {"do": "download", "url": IMAGE}
    for name, (answer, words) in PAGES.items():
        yield case(f"download-{name}", get, {GOT: answer}, error=["DownloadError"], text_has=[words])
    for name in ("html", "xml-as-mp4", "json"):
        answers = {GOT: [PAGES[name][0], {"png": True}]}
        yield case(f"download-{name}-once", get, answers, value_has=SIZE)

    yield case("download-503-once", get, {GOT: [page(503, "busy"), {"png": True}]}, value_has=SIZE)
    yield case("download-lost-once", get, {GOT: [{"lost": "read"}, {"png": True}]}, value_has=SIZE)
    hour = {"status": 429, "text": "slow down", "headers": {"retry-after": "3600"}}
    yield case("download-429-hour", get, {GOT: [hour, {"png": True}]}, value_has=SIZE, seconds_max=600)
    html_kind = {"png": True, "headers": {"content-type": "text/html"}}
    yield case("download-picture-called-html", get, {GOT: html_kind}, value_has=SIZE)
    plain = {"png": True, "headers": {"content-type": "application/octet-stream"}}
    bare = {"do": "download", "url": f"{OUT}/result"}
    yield case("download-without-a-suffix", bare, {f"GET {OUT}/result": plain}, value_has=".png")
    yield case(
        "download-without-a-kind", get, {GOT: {"png": True, "headers": {"content-type": ""}}}, value_has=SIZE
    )

    yield from _redirects(get)
    spaced = {"do": "download", "url": f"{OUT}/my cat.png"}
    yield case("download-spaces", spaced, {f"GET {OUT}/my%20cat.png": {"png": True}}, value_has=SIZE)
    http = {"do": "download", "url": IMAGE.replace("https:", "http:")}
    yield case("download-http-upgraded", http, {GOT: {"png": True}}, value_has=SIZE)
    wall = {"unless_agent": ["python-", "python/", "httpx", "python-httpx", "a2e"], "png": True}
    yield case("download-wall-for-all", get, {GOT: wall}, error=["DownloadError"], text_has=["403", "agent"])
    zipped = {
        "bytes": gzip.compress(PNG).hex(),
        "headers": {"content-encoding": "gzip", "content-type": "image/png"},
    }
    yield case("download-gzip", get, {GOT: zipped}, value_has=SIZE)


def _redirects(get: dict[str, Any]) -> Iterator[Case]:
    there = "https://cdn-2.example.com/1.png"
    for status in (301, 302, 307, 308):
        answers = {GOT: page(status, "", location=there), f"GET {there}": {"png": True}}
        yield case(f"download-redirect-{status}", get, answers, value_has=SIZE)
    moved = "https://3days-apac.example.com/moved/1.png"
    relative = {GOT: page(302, "", location="/moved/1.png"), f"GET {moved}": {"png": True}}
    yield case("download-redirect-relative", get, relative, value_has=SIZE)

    for name, target in AWAY.items():
        answers = {GOT: page(302, "", location=target)}
        for method_and_url in {f"GET {target}"} - {GOT}:
            answers[method_and_url] = {"png": True}
        yield case(f"download-redirect-{name}", get, answers, error=["DownloadError"], requests_max=30)
