import ssl
import stat
from pathlib import Path

import pytest

from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.rendezvous.tls import self_signed, server_context

NAMES = ("localhost", "127.0.0.1", "kiosk.example.org")


def test_the_key_is_private_and_the_pair_is_kept(tmp_path: Path) -> None:
    cert_file, key_file = self_signed(tmp_path / "tls", NAMES)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    server_context(cert_file, key_file)
    before = cert_file.read_bytes()
    assert self_signed(tmp_path / "tls", NAMES)[0].read_bytes() == before


def test_other_names_or_a_damaged_file_make_a_new_one(tmp_path: Path) -> None:
    cert_file, _ = self_signed(tmp_path, NAMES)
    before = cert_file.read_bytes()
    self_signed(tmp_path, ("other.example.org",))
    other = cert_file.read_bytes()
    assert other != before
    cert_file.write_bytes(b"not a certificate")
    server_context(*self_signed(tmp_path, NAMES))


def test_strict_verification_accepts_it_for_its_names_only(tmp_path: Path) -> None:
    """Python 3.13 verifies strictly by default."""
    cert_file, key_file = self_signed(tmp_path, NAMES)
    for name in NAMES:
        handshake(server_context(cert_file, key_file), cert_file, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_context(cert_file, key_file), cert_file, "elsewhere.example.org")


def handshake(server: ssl.SSLContext, trusted: Path, name: str) -> None:
    """TLS in memory, the client as strict as can be."""
    client = ssl.create_default_context(cafile=trusted)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(ends)
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
    assert not waiting


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    for path in (wrong, tmp_path / "absent.pem"):
        with pytest.raises(RendezvousError) as caught:
            server_context(path, path)
        assert caught.value.reason is RendezvousReason.CERTIFICATE
