"""Why a connection could not be made, in words, and whether it may pass by itself. No I/O."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import attrs

from a2e_async._transport.proxies import Proxy
from a2e_async._transport.trust import named_trust

__all__ = ["Fault", "Place", "connect_fault", "is_of_socks", "mark_place", "refused_by_proxy"]

_NO_SUCH_NAME = frozenset(
    number
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY", "EAI_SERVICE")
    if (number := getattr(socket, name, None)) is not None
)
_NO_WAY = {
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "host unreachable",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
    errno.EAFNOSUPPORT: "no network for such an address",
}
_MAY_PASS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "no answer",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
}
# Reasons of OpenSSL that are the same at the next try.
_TLS_DISAGREES = ("PROTOCOL", "VERSION", "HANDSHAKE_FAILURE", "UNRECOGNIZED_NAME", "CIPHER", "HTTP_REQUEST")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64  # codes of OpenSSL

# Statuses of a proxy that may be others at the next try, as those from 500 on.
_PASSING_STATUSES = frozenset({408, 425, 429})
_NO_PASSWORD = 407
_SOCKS_NO_PASSWORD = ("username/password", "USERNAME/PASSWORD", "NO ACCEPTABLE METHODS")
_SOCKS_REFUSES = ("Requested ", "not allowed", "not supported")


@attrs.frozen
class Place:
    """Where a connection was to be made.

    Attributes:
        host: the host.
        port: the port; None if it is not known.
        hint: what to check if the host is wrong, as the end of a sentence.
    """

    host: str
    port: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@attrs.frozen
class Fault:
    """Why a connection could not be made.

    Attributes:
        text: what is wrong, and what to do.
        permanent: whether the next try would end in the same way.
        of_network: whether it may be different after all where the host has been reached before: a machine
            may have lost its network for a while.
    """

    text: str
    permanent: bool = False
    of_network: bool = False


def mark_place(error: BaseException, host: str, port: int | None) -> None:
    """Remember in an error where the connection was to be made, which the library does not say."""
    vars(error).setdefault("a2e_place", (host, port))


def connect_fault(error: BaseException, target: Place, proxy: Proxy | None) -> Fault:
    """Say why a connection could not be made.

    Args:
        error: the library's error.
        target: where the request was to be sent.
        proxy: the proxy that it was to go through.
    """
    if type(error).__name__ == "ProxyError" and proxy is not None:
        return refused_by_proxy(str(error), target, proxy)
    if proxy is not None and is_of_socks(error):
        return refused_by_proxy("it does not speak SOCKS5", target, proxy)

    marked = next((vars(each)["a2e_place"] for each in _chain(error) if "a2e_place" in vars(each)), None)
    if proxy is not None and (marked is None or marked[0] == proxy.host != target.host):
        subject, place = str(proxy), Place(proxy.host, proxy.port, f"is {proxy.source} right?")
    else:
        subject, place = str(target), target

    faults = [_fault_of(leaf, subject, place) for leaf in _leaves(error)]
    return next((fault for fault in faults if not fault.permanent), faults[0])


def is_of_socks(error: BaseException) -> bool:
    """Whether an error is that of a SOCKS proxy's answer. So the request was not sent."""
    return type(error).__module__.partition(".")[0] == "socksio"


def refused_by_proxy(answer: str, target: Place, proxy: Proxy | None) -> Fault:
    """Say why a proxy makes no connection.

    Args:
        answer: the status and what stands after it, or the library's words for the answer of a SOCKS proxy.
        target: where the request was to be sent.
        proxy: the proxy; None for one that nobody knows of.
    """
    name = "a proxy in between" if proxy is None else str(proxy)
    number = answer.partition(" ")[0]
    status = int(number) if number.isdecimal() else None
    if status == _NO_PASSWORD or any(words in answer for words in _SOCKS_NO_PASSWORD):
        wants = "does not accept the" if proxy is not None and proxy.auth else "wants a"
        text = f"{name} {wants} user name and password ({answer})"
        where = f": they belong into {proxy.source}, as user:password@ before its host" if proxy else ""
        return Fault(text + where, permanent=True)
    if proxy is not None and "does not speak" in answer:
        return Fault(
            f"{name} cannot be used ({answer}): is its scheme right, {proxy.scheme}://?", permanent=True
        )

    refuses = (
        400 <= status < 500 and status not in _PASSING_STATUSES
        if status is not None
        else any(words in answer for words in _SOCKS_REFUSES)
    )
    if refuses:
        return Fault(f"{name} refuses to connect to {target} ({answer})", permanent=True)
    return Fault(f"cannot connect to {target} through {name} ({answer})")


def _fault_of(error: BaseException, subject: str, place: Place) -> Fault:
    if isinstance(error, socket.gaierror):
        if error.errno in _NO_SUCH_NAME:
            return Fault(_unknown(subject, place), permanent=True, of_network=True)
        return Fault(f"cannot look up the address of {place.host} in DNS ({error.strerror})")
    if isinstance(error, UnicodeError):
        return Fault(_unknown(subject, place), permanent=True)

    if isinstance(error, ssl.SSLError):
        return _tls_fault(error, subject, place)
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        why = _NO_WAY[error.errno]
        text = f"cannot connect to {subject} ({why}): is there a network, and does a firewall let it through?"
        return Fault(text, permanent=True, of_network=True)
    return Fault(f"cannot connect to {subject} ({_why(error)})")


def _unknown(subject: str, place: Place) -> str:
    """Say that there is no such host."""
    named = subject if subject.startswith("the ") else f"the host {place.host}"
    return f"{named} is not known to DNS: {place.hint or 'is it right?'} Is there a network?"


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return _MAY_PASS.get(error.errno) or error.strerror or type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "no answer"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _tls_fault(error: ssl.SSLError, subject: str, place: Place) -> Fault:
    """Say why a TLS connection could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault(_certificate(error, subject, place), permanent=True, of_network=True)

    reason = getattr(error, "reason", None) or ""
    if any(word in reason for word in _NOT_TLS):
        text = f"{subject} does not speak TLS ({reason}): is it http:// instead of https://, or another port?"
        return Fault(text, permanent=True, of_network=True)
    if any(word in reason for word in _TLS_DISAGREES):
        text = f"cannot agree with {subject} on how to speak TLS ({reason}): is its TLS too old?"
        return Fault(text, permanent=True, of_network=True)
    return Fault(f"cannot connect to {subject} (TLS: {reason or type(error).__name__})")


def _certificate(error: ssl.SSLCertVerificationError, subject: str, place: Place) -> str:
    said = getattr(error, "verify_message", "") or str(error)
    code = getattr(error, "verify_code", 0)
    if code in (_EXPIRED, _NOT_YET_VALID) or "expired" in said:
        return f"the certificate of {subject} is not valid now ({said}): is the clock of this machine right?"
    if code in (_OTHER_HOST, _OTHER_ADDRESS) or "match" in said:
        hint = place.hint or "is the host right?"
        return (
            f"the certificate of {subject} is for another host ({said}): {hint} A network with a login page "
            "looks like this, too"
        )

    named = named_trust()
    remedy = (
        f"only what {named} names is trusted"
        if named
        else "if your network inspects TLS, set SSL_CERT_FILE to the file with its root certificate"
    )
    return f"the certificate of {subject} is not trusted ({said}): {remedy}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what caused it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """What caused an error in the first place: one error for each address that was tried."""
    first = error
    for each in [] if "Timeout" in type(error).__name__ else _chain(error):
        if isinstance(each, BaseExceptionGroup):
            for one in each.exceptions:
                yield from _leaves(one)
            return
        if isinstance(each, UnicodeError) or (isinstance(each, OSError) and each.errno is not None):
            first = each
    yield first
