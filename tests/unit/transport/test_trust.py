"""Which certificates are trusted."""

from __future__ import annotations

import hashlib
import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from a2e_async import A2E
from a2e_async._transport import trust
from a2e_async._transport.trust import named_trust, tls_context, trust_in_use
from a2e_async.errors import ConfigurationError
from a2e_async.sandbox import Sandbox

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
OURS, OTHER = trustme.CA(), trustme.CA()
SERVER = OURS.issue_cert("a2e.test")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    yield
    trust._context.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "company.pem"
    OURS.cert_pem.write_to_path(path)
    return path


def accepts(context: ssl.SSLContext, server: trustme.LeafCert = SERVER) -> bool:
    """Whether a handshake with the server succeeds, without a socket."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.configure_cert(serving)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname="a2e.test")
    peer = serving.wrap_bio(to_server, to_client, server_side=True)
    try:
        for side in (client, peer, client, peer):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError:
        return False
    return True


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_says_what_is_trusted(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not accepts(tls_context())
    monkeypatch.setenv(name, str(file))
    assert accepts(tls_context())
    assert trust_in_use() == (f"{name}={file}",)
    assert named_trust() == f"{name}={file}"
    assert len(tls_context().get_ca_certs()) == 1


def test_all_variables_count(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    OTHER.cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    assert accepts(tls_context())
    assert accepts(tls_context(), OTHER.issue_cert("a2e.test"))


@pytest.mark.parametrize("name", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_folder(name: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.rename(tmp_path / f"{hash_of(file)}.0")
    missing = f"/nowhere{os.pathsep}" if name == "SSL_CERT_DIR" else ""
    monkeypatch.setenv(name, f"{missing}{tmp_path}")
    assert accepts(tls_context())


def hash_of(file: Path) -> str:
    """The name under which OpenSSL looks for a certificate: a hash of its subject in lower case."""
    subject = x509.load_pem_x509_certificate(file.read_bytes()).subject
    lowered = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
    encoded = lowered.public_bytes()
    content = encoded[2:] if encoded[1] < 0x80 else encoded[2 + (encoded[1] & 0x7F) :]
    return f"{int.from_bytes(hashlib.sha1(content).digest()[:4], 'little'):08x}"


def test_an_intermediate_certificate_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    middle = OURS.create_child_ca()
    (tmp_path / "middle.pem").write_bytes(middle.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "middle.pem"))
    assert accepts(tls_context(), middle.issue_cert("a2e.test"))


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder"])
def test_what_cannot_be_used_is_named(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "no certificate")
    monkeypatch.setenv(name, str(path))
    for _ in range(2):
        with pytest.raises(ConfigurationError) as info:
            trust_in_use()
        assert str(info.value).startswith(f"{name}: {path} ")
    if name != "SSL_CERT_DIR" and kind != "folder":
        path.write_bytes(OURS.cert_pem.bytes())  # mended
        assert accepts(tls_context())


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    assert named_trust() is None
    assert tls_context().get_ca_certs()


def test_a_path_may_begin_at_home(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    monkeypatch.setenv("SSL_CERT_FILE", "~/company.pem")
    if sys.platform != "win32":
        assert accepts(tls_context())


def test_the_system_and_certifi_are_both_trusted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    alone = ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)
    monkeypatch.setattr(trust, "_system_files", lambda: iter([("the system", {"cafile": str(file)})]))
    context = tls_context()
    assert set(alone) < set(context.get_ca_certs(binary_form=True))
    assert accepts(context)
    assert trust_in_use() == ("the system", f"certifi {certifi.__version__}")


def test_a_broken_file_of_the_system_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("no certificate")
    monkeypatch.setattr(trust, "_system_files", lambda: iter([("the system", {"cafile": str(broken)})]))
    assert tls_context().get_ca_certs()


def test_where_the_system_is_asked_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    truststore = pytest.importorskip("truststore")
    monkeypatch.setattr(sys, "platform", "darwin")
    context = tls_context()
    assert type(context) is truststore.SSLContext
    assert trust_in_use()[0] == "the system's trust store"
    assert not accepts(context)


def test_a_context_is_made_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = tls_context()
    assert tls_context() is usual
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert tls_context() is not usual
    monkeypatch.delenv("SSL_CERT_FILE")
    assert tls_context() is usual


def test_a_file_that_several_variables_name_is_loaded_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        if name != "SSL_CERT_DIR":
            monkeypatch.setenv(name, str(file))
    loaded: list[str] = []
    load = trust._problem_of

    def noted(context: ssl.SSLContext, path: str, *, folder: bool) -> str | None:
        loaded.append(path)
        return load(context, path, folder=folder)

    monkeypatch.setattr(trust, "_problem_of", noted)
    assert accepts(tls_context())
    assert loaded == [str(file)]


@pytest.mark.anyio
async def test_plain_http_needs_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "no-such-file.pem")
    async with Sandbox() as sandbox, A2E(sandbox.token, base_url=sandbox.url) as a2e:
        assert await a2e.balance()
