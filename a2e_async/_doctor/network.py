"""Checks of the way to the service: its name, a connection, TLS, its clock. They block, and send no token."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from a2e_async._doctor.finding import Finding, fail, ok, warn
from a2e_async._transport.proxies import Proxy

__all__ = ["clock_skew", "connection", "encryption", "name_resolution"]

_PORTS = {"http": 80, "https": 443}
_SKEW = 60.0  # seconds; more makes the times of tasks and signatures doubtful


def name_resolution(url: str, proxy: Proxy | None) -> Finding:
    """Whether the name of the host, or of the proxy, is known."""
    host, port = _first_hop(url, proxy)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return fail(
            "DNS",
            f"{host} is not known here: {error.strerror or error}",
            "is it spelled right, is the network up, and does this machine's DNS work?",
        )
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    return ok("DNS", f"{host} is {', '.join(addresses[:4])}")


def connection(url: str, proxy: Proxy | None, limit: float) -> Finding:
    """Whether a connection to the host, or to the proxy, can be made."""
    host, port = _first_hop(url, proxy)
    began = time.perf_counter()
    try:
        socket.create_connection((host, port), timeout=limit).close()
    except OSError as error:
        advice = "does a firewall or a missing proxy setting keep this machine from it?"
        if isinstance(error, ConnectionRefusedError):
            advice = "nothing listens there: is the port right, and is the server running?"
        return fail("TCP", f"no connection to {host} port {port}: {_brief(error)}", advice)
    return ok("TCP", f"{host} port {port} in {time.perf_counter() - began:.3f} s")


def encryption(url: str, proxy: Proxy | None, limit: float) -> Finding:
    """Whether the host proves who it is, by a certificate that is trusted."""
    import ssl

    from a2e_async._transport.trust import tls_context

    parts = urlsplit(url)
    if parts.scheme != "https":
        return ok("TLS", "not used: the base URL is plain http, on this machine")
    if proxy is not None:
        return ok("TLS", "not looked at by itself: it goes through the proxy, see service")

    try:
        with (
            socket.create_connection(_first_hop(url, None), timeout=limit) as plain,
            tls_context().wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            certificate, version = secure.getpeercert() or {}, secure.version()
    except ssl.SSLCertVerificationError as error:
        return fail("TLS", f"{parts.hostname}: {error.verify_message}", _about_certificate(error.verify_code))
    except OSError as error:
        return fail(
            "TLS", f"{parts.hostname}: {_brief(error)}", "does something between here and there break TLS?"
        )
    return ok("TLS", f"{version}, {_issued(certificate)}")


def _about_certificate(code: int) -> str:
    """What to do about a certificate that is refused, by OpenSSL's code."""
    if code in (9, 10):  # not yet valid, expired
        today = datetime.now(UTC).date().isoformat()
        return f"is the clock of this machine right? It says {today}"
    if code in (62, 64):  # another name, another address
        return "is the base URL right? The certificate is for another host"
    return (
        "does a company's proxy or a virus scanner open TLS here? Set SSL_CERT_FILE to a file with the "
        "certificate that it signs with"
    )


def clock_skew(date: str | None, now: float) -> Finding:
    """How far this machine's clock is from the service's.

    Args:
        date: the Date of a reply; None if there was none.
        now: this machine's time when it came, in seconds since 1970.
    """
    try:
        service = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        return warn("clock", "not compared: the service did not tell its time")

    skew = now - service
    if abs(skew) <= _SKEW:
        return ok("clock", f"within {abs(skew):.0f} s of the service's")
    word = "ahead of" if skew > 0 else "behind"
    return warn(
        "clock", f"{abs(skew):.0f} s {word} the service's", "set this machine's clock, for example by NTP"
    )


def _first_hop(url: str, proxy: Proxy | None) -> tuple[str, int]:
    if proxy is not None:
        return proxy.host, proxy.port
    parts: SplitResult = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


def _brief(error: OSError) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)


def _issued(certificate: Mapping[str, object]) -> str:
    """Who issued a certificate, and how long it is valid."""
    issuer = {key: value for part in _pairs(certificate.get("issuer")) for key, value in part}
    by = issuer.get("organizationName") or issuer.get("commonName") or "somebody unnamed"
    return f"certificate by {by}, valid until {certificate.get('notAfter', 'an unknown day')}"


def _pairs(names: object) -> tuple[tuple[tuple[str, str], ...], ...]:
    return names if isinstance(names, tuple) else ()
