"""`./run package --try`: the package installed here, its self-test, its first screen, and its removal."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DATA = Path("/var/lib/telecabine")
USER = "telecabine"
# What a machine without instruments, sound and FHIR server must still have right.
MUST_WORK = {"disk", "clock", "store", "rendezvous"}
SCREEN = "1920x1080"
SHOWN_WITHIN_S = 60.0
WATCHDOG_S = 15.0
COLOURS_OF_A_BLANK_SCREEN = 16
GRAB = """\
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
picture = app.primaryScreen().grabWindow(0).toImage()
colours = {picture.pixel(x, y) for x in range(0, picture.width(), 4) for y in range(0, picture.height(), 4)}
assert picture.save(sys.argv[1])
print(len(colours))
"""


class TrialError(Exception):
    """The package does not do what it should. One sentence."""


def try_package(package: Path) -> int:
    """Returns 0 when everything went well and nothing is left behind."""
    try:
        _refuse_unless_clean()
        try:
            install(package)
            selftest()
            first_screen(package.with_name("first-screen.png"))
            files = installed_files()
        finally:
            remove()
        nothing_left(files)
    except (TrialError, subprocess.CalledProcessError) as error:
        print(f"package --try: {error}", file=sys.stderr)
        return 1
    print("tried: installed, self-tested, shown, removed; nothing is left")
    return 0


def _refuse_unless_clean() -> None:
    """This machine may be a real kiosk: its records are not ours to remove."""
    if os.geteuid() != 0:
        raise TrialError("installing needs root: sudo ./run package --try")
    if DATA.exists() or _has_user() or Path("/opt/telecabine").exists():
        raise TrialError("Télécabine is or was installed here: remove it and its data first")


def install(package: Path) -> None:
    started = time.monotonic()
    _run(
        "apt-get",
        "install",
        "-qq",
        "-y",
        "--no-install-recommends",
        str(package),
        DEBIAN_FRONTEND="noninteractive",
    )
    print(f"installed in {time.monotonic() - started:.0f} s")
    mode = Path("/etc/telecabine/telecabine.toml").stat()
    if oct(mode.st_mode & 0o777) != "0o640" or mode.st_gid != pwd.getpwnam(USER).pw_gid:
        raise TrialError("the settings are not 0640 root:telecabine")


def selftest() -> None:
    """As the kiosk's own user, with the settings that the package brings."""
    asked = subprocess.run(
        ["runuser", "-u", USER, "--", "telecabine", "selftest", "--json", "--seconds", "2"],
        capture_output=True, text=True, cwd="/", timeout=120,
    )  # fmt: skip
    if asked.returncode not in (0, 1):
        raise TrialError(f"the self-test ended with {asked.returncode}: {asked.stderr.strip()}")
    verdicts = {check["part"]: check["verdict"] for check in json.loads(asked.stdout)["checks"]}
    bad = sorted(part for part in MUST_WORK if verdicts.get(part) not in ("green", "amber"))
    if bad:
        raise TrialError(f"the self-test has no good verdict for {', '.join(bad)}: {asked.stdout}")
    print("self-test: " + ", ".join(f"{part} {verdict}" for part, verdict in verdicts.items()))


def first_screen(picture: Path) -> None:
    """Start it as systemd would (it reports to a socket), and photograph what it shows."""
    with _display() as display, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        address = f"{folder}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(address)
            Path(address).chmod(0o666)
            with _kiosk(display, address) as kiosk:
                shown_s = _wait_for(b"READY=1", supervisor, kiosk)
                _wait_for(b"WATCHDOG=1", supervisor, kiosk)
                time.sleep(1)  # the first screen has been painted; let what it starts come up
                colours = _photograph(display, picture)
    if colours <= COLOURS_OF_A_BLANK_SCREEN:
        raise TrialError(f"the first screen is blank: {picture}")
    print(f"first screen after {shown_s:.2f} s: {picture}")


@contextmanager
def _display() -> Iterator[str]:
    read_end, write_end = os.pipe()
    call = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{SCREEN}x24", "-nolisten", "tcp", "-ac"]
    server = subprocess.Popen(call, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def _kiosk(display: str, address: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6)),
        "HOME": str(DATA),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
    }
    call = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "telecabine", "kiosk"]
    process = subprocess.Popen(call, env=settings, cwd="/", stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise TrialError("the kiosk does not end when it is asked to") from None


def _wait_for(message: bytes, supervisor: socket.socket, kiosk: subprocess.Popen[bytes]) -> float:
    """Seconds until the kiosk said so."""
    started = time.monotonic()
    supervisor.settimeout(0.2)
    while time.monotonic() - started < SHOWN_WITHIN_S:
        if kiosk.poll() is not None:
            raise TrialError(f"the kiosk ended with {kiosk.returncode}")
        try:
            if supervisor.recv(64) == message:
                return time.monotonic() - started
        except TimeoutError:
            continue
    raise TrialError(f"the kiosk never said {message.decode()}")


def _photograph(display: str, picture: Path) -> int:
    """The number of colours seen."""
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    asked = [sys.executable, "-c", GRAB, str(picture)]
    return int(subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout)


def installed_files() -> list[Path]:
    listed = subprocess.run(
        ["dpkg-query", "-L", "telecabine"], capture_output=True, text=True, check=True
    ).stdout
    return [path for line in listed.splitlines() if "telecabine" in (path := Path(line)).as_posix()]


def remove() -> None:
    """The package, then the data that a purge keeps on purpose: ours, from the self-test above."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _run("apt-get", "remove", "-qq", "-y", "telecabine", **quiet)
    if Path("/opt/telecabine").exists() or not Path("/etc/telecabine/telecabine.toml").exists():
        raise TrialError("removing must take the program and leave the settings")
    _run("apt-get", "purge", "-qq", "-y", "telecabine", **quiet)
    if not (DATA / "outbox").exists() or not _has_user():
        raise TrialError("a purge must keep what may not have been delivered, and its owner")
    shutil.rmtree(DATA)
    _run("deluser", "--quiet", "--system", USER)


def nothing_left(files: list[Path]) -> None:
    left = [str(path) for path in files if path.exists() or path.is_symlink()]
    if left or DATA.exists() or _has_user():
        raise TrialError(f"left behind: {', '.join(left[:5])}")


def _has_user() -> bool:
    return any(entry.pw_name == USER for entry in pwd.getpwall())


def _run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        raise TrialError(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-500:]}")
