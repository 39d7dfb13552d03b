"""A kiosk's key, a strict token server behind a line that breaks, and a FHIR server that wants its tokens."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kiosk.fhir.assertion import OAuthClient
from kiosk.fhir.client import FhirSender
from kiosk.fhir.server import FhirSettings
from kiosk.fhir_config import FhirConfig
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer
from tests.fakes.token_server import CLIENT, KEY_ID, GuardedLine, TokenServer

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def new_key(kind: str = "ec") -> PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP384R1())


def write_key(path: Path, key: PrivateKey) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@dataclass(frozen=True)
class Stage:
    """`desk`: the line to `tokens`. `line`: the one to the FHIR server."""

    tokens: TokenServer
    desk: FaultyLine
    line: GuardedLine
    client: OAuthClient

    @property
    def settings(self) -> FhirSettings:
        return FhirSettings(self.line.url, ca_file=self.line.ca, timeout_s=30.0, client=self.client)

    @property
    def config(self) -> FhirConfig:
        """The same, as it stands in the file."""
        return FhirConfig(
            self.line.url,
            ca_file=self.line.ca,
            token_url=self.client.token_url,
            client_id=self.client.client_id,
            client_key_file=self.client.key_file,
            client_key_id=self.client.key_id,
        )


@contextmanager
def staged(
    server: FhirServer, directory: Path, key: PrivateKey | None = None, ahead_s: float = 0.0
) -> Iterator[Stage]:
    """`ahead_s`: the token server's clock before ours."""
    key = key or new_key()
    tls = directory / "tls"  # of all three: the organisation has one authority
    with (
        TokenServer(tls, key.public_key(), ahead_s=ahead_s) as tokens,
        FaultyLine(tokens.url, tokens.ca, tls) as desk,
        GuardedLine(server.url, server.ca, tls, tokens.is_valid) as line,
    ):
        tokens.audience = desk.url
        client = OAuthClient(desk.url, CLIENT, write_key(directory / "client.pem", key), KEY_ID)
        yield Stage(tokens, desk, line, client)


@asynccontextmanager
async def sending(settings: FhirSettings) -> AsyncIterator[FhirSender]:
    sender = FhirSender(settings)
    try:
        yield sender
    finally:
        await sender.close()
