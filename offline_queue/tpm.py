"""The security chip of this machine (TPM2): it seals a key, and only it opens it again. By systemd-creds(1).

Bound to the chip, not to how the machine was started: docs/security.md. The key goes through pipes only.
"""

import base64
import os
import secrets
import subprocess
from dataclasses import dataclass

LIMIT_S = 30.0
"""Old chips need seconds for what they make."""
_NAME = "telecabine-outbox"
# No system software can extend this register (TCG PC Client Platform TPM Profile, PCR attributes): so the key
# is bound to nothing. An empty list would say so, but systemd 252 does not open what it sealed with one.
_UNBOUND = "--tpm2-pcrs=22"
# CRED_AES256_GCM_BY_TPM2_HMAC in systemd's src/shared/creds-util.h: how a credential says what seals it.
_BY_TPM2 = bytes.fromhex("0c7cc07b117645919c4b0bea08bc20fe")


class ChipError(Exception):
    """The chip neither seals nor opens. One sentence, with nothing secret in it."""


@dataclass(frozen=True, slots=True)
class Chip:
    """`device`: as `systemd-creds --tpm2-device=` takes it ("auto": the kernel's own); "" uses none."""

    device: str = "auto"

    def seal(self, key: bytes) -> bytes:
        """What this chip alone opens; it was opened once to see. Raises ChipError."""
        sealed = self._ask("encrypt", key, "--with-key=tpm2", _UNBOUND)
        if not _is_by_tpm2(sealed):  # systemd 256 and newer choose by themselves for who is not root
            raise ChipError("systemd-creds sealed without the chip")
        if self.unseal(sealed) != key:
            raise ChipError("the chip gives back another key than it was given")
        return sealed

    def unseal(self, sealed: bytes) -> bytes:
        """Raises ChipError: another chip, one that was cleared, none, or a damaged file."""
        return self._ask("decrypt", sealed)

    def try_out(self) -> None:
        """Raises ChipError when it cannot keep a key."""
        self.seal(secrets.token_bytes(32))

    def _ask(self, verb: str, given: bytes, *options: str) -> bytes:
        if not self.device:
            raise ChipError('tpm2_device is "": no chip is used')
        named = (f"--name={_NAME}", f"--tpm2-device={self.device}")
        try:
            done = subprocess.run(
                ["systemd-creds", verb, *named, *options, "-", "-"],
                input=given,
                capture_output=True,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:  # it holds what was said so far, which may be the key
            raise ChipError(f"systemd-creds gave no answer within {LIMIT_S:g} s") from None
        except OSError as error:
            raise ChipError(f"systemd-creds cannot be started: {error.strerror}") from error
        if done.returncode != 0:
            raise ChipError(_last_words(done.stderr) or f"systemd-creds ended with {done.returncode}")
        return done.stdout


def _is_by_tpm2(sealed: bytes) -> bool:
    try:
        return base64.b64decode(sealed).startswith(_BY_TPM2)
    except ValueError:
        return False


def _last_words(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


NO_CHIP = Chip("")
