"""What the kernel does for /dev/tpmrm0: nothing of an earlier caller stays in the chip.

systemd-creds leaves sessions behind, and a bare TPM has room for three. It connects anew for each command: a
caller is known by the TPM2_Startup that it begins with.
"""

import socket
import struct
from threading import Thread

HOST = "127.0.0.1"
# TPM 2.0 part 2: command codes, TPM_CAP_HANDLES and handle types.
_STARTUP, _GET_CAPABILITY, _FLUSH_CONTEXT, _HANDLES = 0x144, 0x17A, 0x165, 1
_LOADED_SESSIONS, _TRANSIENT = 0x02000000, 0x80000000
_WITHOUT_SESSIONS, _WITH_SESSIONS = 0x8001, 0x8002
_HEAD = struct.Struct(">HII")


class ResourceManager:
    """Listens on `port` and asks the TPM at `tpm_port`, until `close`."""

    def __init__(self, port: int, tpm_port: int) -> None:
        self._tpm_port = tpm_port
        self._listener = socket.create_server((HOST, port))
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller:
                self._serve_one(caller)

    def _serve_one(self, caller: socket.socket) -> None:
        try:
            with socket.create_connection((HOST, self._tpm_port)) as tpm:
                while asked := _message(caller):
                    if _HEAD.unpack(asked[: _HEAD.size])[2] == _STARTUP:
                        _flush(tpm, _LOADED_SESSIONS)
                        _flush(tpm, _TRANSIENT)
                    tpm.sendall(asked)
                    caller.sendall(_message(tpm))
        except OSError:  # the caller or the chip has gone
            return


def command(code: int, body: bytes, sessions: bool = False) -> bytes:
    tag = _WITH_SESSIONS if sessions else _WITHOUT_SESSIONS
    return _HEAD.pack(tag, _HEAD.size + len(body), code) + body


def answer(line: socket.socket, asked: bytes) -> bytes:
    """The body of the answer. AssertionError: the TPM refused."""
    line.sendall(asked)
    said = _message(line)
    code = _HEAD.unpack(said[: _HEAD.size])[2]
    assert code == 0, f"TPM error {code:#x}"
    return said[_HEAD.size :]


def _flush(tpm: socket.socket, kind: int) -> None:
    found = answer(tpm, command(_GET_CAPABILITY, struct.pack(">III", _HANDLES, kind, 64)))
    (count,) = struct.unpack(">I", found[5:9])
    for handle in struct.unpack(f">{count}I", found[9 : 9 + 4 * count]):
        answer(tpm, command(_FLUSH_CONTEXT, struct.pack(">I", handle)))


def _message(line: socket.socket) -> bytes:
    """One command or answer; nothing when the other side has gone."""
    got, size = b"", _HEAD.size
    while len(got) < size:
        more = line.recv(size - len(got))
        if not more:
            return b""
        got += more
        if len(got) == _HEAD.size:
            size = _HEAD.unpack(got)[1]
    return got
