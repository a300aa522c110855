"""``a2e doctor``: what it finds, on healthy and on broken machines."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from a2e_async._doctor import local, network
from a2e_async._doctor.finding import ok
from a2e_async._transport.proxies import Proxy
from a2e_async.doctor import Finding, examine
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

CHECKS = [
    "versions", "extras", "token", "base URL", "trust", "folder",
    "proxy", "DNS", "TCP", "TLS", "service", "clock", "account",
]  # fmt: skip


def by_check(findings: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "A2E_HTTP"):
        monkeypatch.delenv(name, raising=False)


def test_a_healthy_machine_costs_nothing(a2e: Run, sandbox: Sandbox) -> None:
    sandbox.set_coins(1234)
    ended = a2e("doctor")
    assert (ended.code, ended.err) == (0, [])
    cells = [line.split("\t") for line in ended.out]
    assert [(status, check) for status, check, _ in cells] == [("ok", check) for check in CHECKS]

    text = {check: text for _, check, text in cells}
    assert sandbox.token not in " ".join(ended.out)
    assert text["token"] == "from A2E_API_TOKEN"
    assert text["base URL"] == f"{sandbox.url} (from A2E_BASE_URL)"
    assert "1234 coins" in text["account"]
    assert text["clock"].startswith("not compared: ")  # a sandbox's may go faster
    assert sandbox.balance == 1234
    assert {key.split()[0] for key in sandbox.ledger.requests} == {"GET"}


def test_json_and_a_journal(a2e: Run, tmp_path: Path) -> None:
    (tmp_path / "jobs.jsonl").write_text(
        '{"workflow": "text_to_image", "key": "a", "prompt": "sandbox:sync"}'
    )
    a2e("bulk", "jobs.jsonl", "--journal", "run.db")
    ended = a2e("doctor", "--journal", "run.db", "--json")
    assert ended.code == 0
    facts = {one["check"]: one for one in ended.facts}
    assert facts["journal"] == {
        "check": "journal", "status": "ok", "text": "run.db: 1 done", "advice": None,
    }  # fmt: skip

    (tmp_path / "run.db").write_bytes(b"no journal" * 100)
    ended = a2e("doctor", "--journal", "run.db")
    assert ended.code == 1
    assert [line for line in ended.out if line.startswith("fail\tjournal\t")]
    assert a2e("doctor", "--journal", "no.db").code == 1


def test_a_wrong_token_and_no_coins(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.set_coins(0)
    assert a2e("doctor").out[-1].startswith("warn\taccount\t")

    monkeypatch.setenv("A2E_API_TOKEN", "sk_0123456789abcdef0123")
    ended = a2e("doctor")
    assert ended.code == 1
    assert ended.out[-1].startswith("fail\taccount\t")
    assert "Make a new one" in ended.out[-1]
    assert "sk_0123" not in " ".join(ended.out)

    monkeypatch.delenv("A2E_API_TOKEN")
    ended = a2e("doctor")
    assert ended.code == 1
    failed = {line.split("\t")[1] for line in ended.out if line.startswith("fail")}
    assert failed == {"token", "account"}


def test_an_older_service_does_not_show_the_coins(a2e: Run, sandbox: Sandbox) -> None:
    sandbox.script("user/remainingCoins", "ok")
    sandbox.script("*remainingCoins", "status_404", "status_404")
    ended = a2e("doctor")
    assert ended.code == 0
    assert ended.out[-1] == "ok\taccount\tthe token works; the service does not show the coins"


@pytest.mark.anyio
async def test_every_check_is_made_though_others_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "socks9://user:secret@proxy.example.com")
    monkeypatch.setenv("A2E_HTTP", "curl")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    findings = await examine(token="two words", journal=tmp_path / "none.db")

    assert [finding.check for finding in findings] == [*CHECKS[:6], "journal", *CHECKS[6:]]
    found = by_check(findings)
    failed = {check for check, finding in found.items() if finding.status == "fail"}
    assert failed >= {"extras", "token", "trust", "journal", "proxy"}
    assert all(finding.advice for finding in findings if finding.status == "fail")
    assert "secret" not in str(findings)
    assert "HTTPS_PROXY" in found["proxy"].text
    assert "SSL_CERT_FILE" in found["trust"].text
    assert "A2E_HTTP" in found["extras"].text


@pytest.mark.anyio
async def test_a_base_url_that_is_none_leaves_the_rest() -> None:
    for url in ("ftp://x", "http://a.example", "https://api.a2e.ai"):
        [finding] = [
            one for one in await examine(token="sk_x", base_url=url, limit=0.5) if one.check == "base URL"
        ]
        assert finding.status == "fail"
        assert finding.advice == "correct the argument base_url"


@pytest.mark.anyio
async def test_a_name_that_nobody_knows_ends_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = by_check(await examine(token="sk_x", base_url="https://a2e.example"))
    assert found["DNS"].status == "fail"
    assert "a2e.example is not known here" in found["DNS"].text
    assert {found[check].text for check in CHECKS[8:]} == {"not tried: the name of the host is not known"}


@pytest.mark.anyio
async def test_a_silent_name_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait() and [])
    with anyio.fail_after(5):
        found = by_check(await examine(token="sk_x", base_url="https://a2e.example", limit=0.05))
    silent.set()
    assert found["DNS"].text == "no end within 0.05 s"


@pytest.mark.anyio
async def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "versions", lambda: 1 / 0)
    findings = await examine(token="sk_x", base_url="ftp://x")
    assert findings[0] == Finding(
        "versions", "fail", "ZeroDivisionError: division by zero", "please report this as a bug"
    )
    assert len(findings) == 6


def test_a_refused_port_and_a_proxy() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        found = network.connection(f"http://127.0.0.1:{port}", None, 1.0)

        proxy = Proxy("http", "127.0.0.1", port, "HTTPS_PROXY")
        through = network.connection("https://a2e.example", proxy, 1.0)

    assert found.status == "fail"
    assert found.text == f"no connection to 127.0.0.1 port {port}: Connection refused"
    assert through.text == found.text


class Secure:
    """A server that speaks TLS and says nothing more."""

    def __init__(self, name: str) -> None:
        self.authority = trustme.CA(organization_name="Tests Ltd")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name).configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    servers: list[Secure] = []

    def serve(name: str, *, trust: bool) -> Secure:
        server = Secure(name)
        servers.append(server)
        path = tmp_path / f"trusted {len(servers)}.pem"
        (server if trust else Secure("x")).authority.cert_pem.write_to_path(str(path))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        return server

    yield serve
    for server in servers:
        server.close()


def test_tls_says_who_issued_the_certificate_or_what_is_wrong(trusted: Any) -> None:
    server = trusted("127.0.0.1", trust=True)
    found = network.encryption(server.url, None, 2.0)
    assert found.status == "ok"
    assert "certificate by Tests Ltd, valid until" in found.text

    named = network.encryption(trusted("127.0.0.2", trust=True).url, None, 2.0)
    assert named.status == "fail"
    assert named.advice == "is the base URL right? The certificate is for another host"


def test_a_certificate_that_nobody_trusts(trusted: Any) -> None:
    found = network.encryption(trusted("127.0.0.1", trust=False).url, None, 2.0)
    assert found.status == "fail"
    assert "SSL_CERT_FILE" in str(found.advice)
    assert network.encryption("http://127.0.0.1", None, 1.0).status == "ok"
    proxy = Proxy("http", "127.0.0.1", 9, "HTTPS_PROXY")
    assert network.encryption("https://a2e.example", proxy, 1.0).status == "ok"


DATE, NOW = "Fri, 27 Nov 2026 15:00:00 GMT", 1795791600.0


@pytest.mark.parametrize(
    ("date", "now", "status", "text"),
    [
        (DATE, NOW + 3, "ok", "within 3 s of the service's"),
        (DATE, NOW + 3600, "warn", "3600 s ahead of the service's"),
        (DATE, NOW - 120, "warn", "120 s behind the service's"),
        ("soon", NOW, "warn", "not compared: the service did not tell its time"),
        (None, NOW, "warn", "not compared: the service did not tell its time"),
    ],
)
def test_the_clock_is_compared(date: str | None, now: float, status: str, text: str) -> None:
    found = network.clock_skew(date, now)
    assert (found.status, found.text) == (status, text)


def test_findings_are_plain(a2e: Run) -> None:
    assert json.loads(json.dumps(a2e("doctor", "--json").facts[0])).keys() == {
        "check", "status", "text", "advice",
    }  # fmt: skip
    assert ok("a", "b") == Finding("a", "ok", "b")
    assert "doctor" in a2e("nothing").err[0]
