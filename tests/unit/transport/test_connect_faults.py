"""Why a connection could not be made: what is said, and whether it is tried again."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest
import trustme
from anyio.abc import SocketStream
from anyio.streams.tls import TLSStream

from a2e_async._transport import routed_transport, tunnels
from a2e_async._transport.connect_faults import Fault, Place, connect_fault, refused_by_proxy
from a2e_async._transport.connections import Connections
from a2e_async._transport.proxies import Proxy, ProxySetting
from a2e_async._transport.routing import Routing
from a2e_async.errors import ConfigurationError, ConnectionFailed, TransportError
from a2e_async.failures import Failure, classify, is_permanent_here
from a2e_async.settings import Token
from tests.unit.sample import TOKEN

URL = "https://a2e.test/api/v1/x"
TARGET = Place("a2e.test", 443, "is the base URL right (base_url or A2E_BASE_URL)?")
PROXY = Proxy("http", "proxy.test", 3128, "HTTPS_PROXY")


def caused_by(*causes: BaseException, error: type[Exception] = httpx.ConnectError) -> Exception:
    """The library's error, as it is raised for one cause, or for one of each address."""
    cause = causes[0] if len(causes) == 1 else BaseExceptionGroup("attempts", causes)
    between = OSError("All connection attempts failed")
    between.__cause__ = cause
    raised = error("failed")
    raised.__cause__ = between
    return raised


def certificate(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "handshake")
    error.reason = reason
    return error


def system(number: int) -> OSError:
    return OSError(number, "as the system says")


REFUSED = system(errno.ECONNREFUSED)
PERMANENT = {
    "no such name": (
        socket.gaierror(socket.EAI_NONAME, "x"),
        "a2e.test is not known to DNS: is the base URL",
    ),
    "no name at all": (UnicodeError("label too long"), "a2e.test is not known to DNS"),
    "no network": (system(errno.ENETUNREACH), "network unreachable): is there a network"),
    "no way": (system(errno.EHOSTUNREACH), "host unreachable"),
    "firewall": (system(errno.EACCES), "not permitted): is there a network, and does a firewall"),
    "untrusted": (certificate(20, "unable to get issuer"), "not trusted (unable to get issuer)"),
    "self-signed": (certificate(18, "self-signed certificate"), "not trusted (self-signed certificate)"),
    "expired": (certificate(10, "certificate has expired"), "is the clock of this machine right?"),
    "too early": (certificate(9, "not yet valid"), "is the clock of this machine right?"),
    "another host": (certificate(62, "Hostname mismatch"), "is for another host (Hostname mismatch)"),
    "another address": (certificate(64, "IP mismatch"), "is the base URL right"),
    "expired, in words": (certificate(-67818, "“a2e.test” certificate is expired"), "is the clock"),
    "old TLS": (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "is its TLS too old?"),
    "no TLS": (tls("WRONG_VERSION_NUMBER"), "a2e.test:443 does not speak TLS"),
}
PASSING = {
    "refused": (REFUSED, "cannot connect to a2e.test:443 (refused)"),
    "reset": (system(errno.ECONNRESET), "(reset)"),
    "no answer": (system(errno.ETIMEDOUT), "(no answer)"),
    "no descriptors": (system(errno.EMFILE), "(too many open files)"),
    "no DNS": (
        socket.gaierror(socket.EAI_AGAIN, "try again"),
        "address of a2e.test in DNS (try again)",
    ),
    "cut in TLS": (ssl.SSLEOFError(8, "EOF"), "a2e.test:443 (TLS: "),
    "anything": (RuntimeError("odd"), "ConnectError: failed"),
}


@pytest.mark.parametrize(("cause", "says"), PERMANENT.values(), ids=PERMANENT)
def test_what_cannot_pass(cause: Exception, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    fault = connect_fault(caused_by(cause), TARGET, None)
    assert fault.permanent
    assert says in fault.text


@pytest.mark.parametrize(("cause", "says"), PASSING.values(), ids=PASSING)
def test_what_may_pass(cause: Exception, says: str) -> None:
    fault = connect_fault(caused_by(cause), TARGET, None)
    assert not fault.permanent
    assert says in fault.text


def test_of_several_addresses_one_that_may_answer_later_is_enough() -> None:
    unreachable = system(errno.ENETUNREACH)
    assert not connect_fault(caused_by(unreachable, REFUSED), TARGET, None).permanent
    assert "refused" in connect_fault(caused_by(unreachable, REFUSED), TARGET, None).text
    assert connect_fault(caused_by(unreachable, unreachable), TARGET, None).permanent


@pytest.mark.parametrize("named", [None, "/company.pem"])
def test_the_remedy_for_an_untrusted_certificate(named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if named:
        monkeypatch.setenv("SSL_CERT_FILE", named)
    text = connect_fault(caused_by(certificate(19, "self-signed")), TARGET, None).text
    assert (
        "only what SSL_CERT_FILE=/company.pem names is trusted" if named else "set SSL_CERT_FILE to"
    ) in text


@pytest.mark.parametrize(
    ("answer", "permanent", "says"),
    [
        ("407 Proxy Authentication Required", True, "wants a user name and password"),
        ("Invalid username/password", True, "belong into HTTPS_PROXY"),
        ("403 Forbidden", True, "refuses to connect to a2e.test:443 (403 Forbidden)"),
        ("400 Bad Request", True, "refuses"),
        ("it does not speak HTTP", True, "is its scheme right, http://?"),
        ("Proxy Server could not connect: Connection not allowed by ruleset.", True, "refuses"),
        ("502 Bad Gateway", False, "cannot connect to a2e.test:443 through the proxy http://proxy.test:3128"),
        ("503 Service Unavailable", False, "503"),
        ("429 Too Many Requests", False, "429"),
        ("Proxy Server could not connect: Host unreachable.", False, "Host unreachable"),
        ("it does not answer", False, "(HTTPS_PROXY)"),
    ],
)
def test_what_a_proxy_answers(answer: str, permanent: bool, says: str) -> None:
    fault = refused_by_proxy(answer, TARGET, PROXY)
    assert fault.permanent is permanent
    assert says in fault.text


def test_a_fault_of_the_network_may_pass_where_the_host_was_reached_before() -> None:
    routing = Routing(None, is_ours=True)

    def explain(error: Exception, url: str = URL) -> Fault:
        return routing.explain(url, None, True, error)

    lost, denied = caused_by(PERMANENT["no such name"][0]), httpx.ProxyError("407 no")
    assert explain(lost).permanent
    routing.note_answer("GET", URL, 500, None)
    assert not explain(lost).permanent
    assert explain(lost, "https://elsewhere.test/x").permanent
    assert routing.explain(URL, PROXY, True, denied).permanent


@pytest.mark.anyio
async def test_407_is_final_wherever_it_comes_from() -> None:
    http = Connections(
        transport=httpx.MockTransport(lambda _: httpx.Response(407)), max_connections=1, timeout=5.0
    )
    with pytest.raises(ConnectionFailed, match="a proxy in between wants a user name and password") as info:
        await http.send("POST", URL, headers={}, token=Token(TOKEN))
    assert is_permanent_here(info.value)
    assert classify(info.value) is Failure.UNDELIVERED


Serve = Callable[[SocketStream], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> Any:
    """A server on a loopback port; what it raises concerns nobody."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def handle(stream: SocketStream) -> None:
        async with stream:
            with suppress(
                anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError
            ):
                await serve(stream)

    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield port
        group.cancel_scope.cancel()
    await listener.aclose()


async def failure(url: str, proxy: str | None = None) -> TransportError:
    """Send one request, and return how it fails."""
    setting = None if proxy is None else ProxySetting(proxy).checked()
    http = Connections(transport=None, max_connections=1, timeout=5.0, proxy=setting)
    with pytest.raises(TransportError) as info:
        await http.send("POST", url, headers={}, content=b"{}", token=Token(TOKEN))
    assert TOKEN not in str(info.value)
    assert "hunter2" not in str(info.value)
    return info.value


CA = trustme.CA()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("names", "trusted", "says"),
    [
        (["localhost", "127.0.0.1"], False, "is not trusted"),
        (["elsewhere.test"], True, "is for another host"),
    ],
)
async def test_certificates(
    names: list[str], trusted: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(*names).configure_cert(context)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusted:
        CA.configure_trust(trusting)
    monkeypatch.setattr(routed_transport, "tls_context", lambda: trusting)

    async def serve(stream: SocketStream) -> None:
        await TLSStream.wrap(stream, server_side=True, ssl_context=context, standard_compatible=False)

    async with listening(serve) as port:
        error = await failure(f"https://127.0.0.1:{port}/x")
    assert says in str(error)
    assert is_permanent_here(error)


async def drop(stream: SocketStream) -> None:
    await stream.receive()


async def keep_silent(stream: SocketStream) -> None:
    while True:
        await stream.receive()


def saying(*answers: bytes) -> Serve:
    async def serve(stream: SocketStream) -> None:
        for answer in answers:
            await stream.receive()
            await stream.send(answer)
        await stream.receive()

    return serve


def status(line: str) -> Serve:
    return saying(f"HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n".encode())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scheme", "serve", "permanent", "says"),
    [
        ("http", status("407 Proxy Authentication Required"), True, "does not accept the user name"),
        ("http", status("403 Forbidden"), True, "refuses to connect to a2e.test:443"),
        ("http", status("502 Bad Gateway"), False, "502 Bad Gateway"),
        ("http", saying(b"\x05\x00"), True, "does not speak HTTP"),
        ("http", drop, False, "closed the connection"),
        ("http", keep_silent, False, "does not answer"),
        ("socks5h", saying(b"\x05\xff"), True, "does not accept the user name"),
        ("socks5h", saying(b"\x05\x02", b"\x01\x01"), True, "does not accept the user name"),
        ("socks5h", saying(b"\x05\x02", b"\x01\x00", b"\x05\x02\x00\x01\0\0\0\0\0\0"), True, "not allowed"),
        ("socks5h", saying(b"\x05\x02", b"\x01\x00", b"\x05\x05\x00\x01\0\0\0\0\0\0"), False, "refused"),
        ("socks5h", saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), True, "does not speak SOCKS5"),
        ("socks5h", saying(b"\x05\x02", b"\x01\x00", b"\x05"), True, "does not speak SOCKS5"),
        ("socks5", drop, False, "closed the connection"),
        ("socks5", keep_silent, False, "does not answer"),
    ],
)
async def test_nothing_was_delivered_if_a_proxy_fails(
    scheme: str, serve: Serve, permanent: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnels, "_PATIENCE", 0.05)
    async with listening(serve) as port:
        error = await failure(URL, f"{scheme}://ann:hunter2@127.0.0.1:{port}")
    assert classify(error) is Failure.UNDELIVERED
    assert is_permanent_here(error) is permanent
    assert says in str(error)
    assert f"127.0.0.1:{port} (proxy)" in str(error)


@pytest.mark.anyio
async def test_this_machine_is_reached_whatever_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "socks://unusable")
    monkeypatch.setenv("NO_PROXY", "[::1")

    async with listening(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")) as port:
        http = Connections(transport=None, max_connections=1, timeout=5.0)
        reply = await http.send("GET", f"http://127.0.0.1:{port}/x", headers={}, token=Token(TOKEN))
    assert reply.content == b"{}"


@pytest.mark.anyio
async def test_a_variable_that_was_mended_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    http = Connections(transport=None, max_connections=1, timeout=5.0)
    for value, says in (("socks://unusable", "socks://"), ("http://proxy.invalid:70000", "not the URL")):
        monkeypatch.setenv("HTTPS_PROXY", value)
        with pytest.raises(ConfigurationError, match=says):
            await http.send("GET", URL, headers={}, token=Token(TOKEN))
    assert http.closed
