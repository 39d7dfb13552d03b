"""`./run package [--try]`: a frozen application and a Debian package of it, the same bytes for the same commit."""

import argparse
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from libraries import LibraryError, owners, strip_all, system_libraries, with_dependencies  # noqa: E402
from udev import RULES_FILE, rules  # noqa: E402

from kiosk.version import VERSION  # noqa: E402

FREEZE_DIR = ROOT / "build/freeze"
APPLICATION = ROOT / "build/package/telecabine"
DIST = ROOT / "dist"
TOOLS = Path(sys.executable).parent  # PyInstaller and nfpm are development dependencies


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--try", dest="try_it", action="store_true", help="install it, try it, remove it")
    options = parser.parse_args()
    try:
        package = build()
    except (LibraryError, subprocess.CalledProcessError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    if not options.try_it:
        return 0
    from trial import try_package

    return try_package(package)


def build() -> Path:
    """Freeze, shrink, check, pack. Returns the package's path."""
    if RULES_FILE.read_text(encoding="utf-8") != rules():
        raise LibraryError(f"{RULES_FILE.name} is not that of the catalogue: packaging/udev.py --write")
    os.environ.update(PYTHONHASHSEED="0", SOURCE_DATE_EPOCH=str(epoch_s()))
    with timed("frozen"):
        freeze()
    with timed("stripped"):
        saved = strip_all(APPLICATION)
    normalise(APPLICATION, epoch_s())
    with timed("packed"):
        package = pack()
    check_dependencies(package)
    size = sum(path.lstat().st_size for path in APPLICATION.rglob("*"))
    print(
        f"application {size / 1e6:.0f} MB ({saved / 1e6:.0f} MB stripped), {package.stat().st_size / 1e6:.0f} MB:"
    )
    print(package.relative_to(ROOT))
    return package


def epoch_s() -> int:
    """The time of the last commit: the only time that gets into the package."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(given or subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def freeze() -> None:
    run = [str(TOOLS / "pyinstaller"), "--noconfirm", "--clean", "--log-level=ERROR"]
    places = [f"--workpath={FREEZE_DIR}", f"--distpath={APPLICATION.parent}"]
    subprocess.run([*run, *places, str(ROOT / "packaging/telecabine.spec")], cwd=ROOT, check=True)


def normalise(folder: Path, time_s: int) -> None:
    """Modes and times that do not depend on who builds, and when."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (time_s, time_s), follow_symlinks=False)


def pack() -> Path:
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout
    names = {"TELECABINE_VERSION": VERSION, "TELECABINE_ARCH": machine.strip()}
    DIST.mkdir(exist_ok=True)
    target = DIST / f"telecabine_{VERSION}-1_{machine.strip()}.deb"
    call = [
        str(TOOLS / "nfpm"),
        "package",
        "--config=packaging/nfpm.yaml",
        "--packager=deb",
        f"--target={target}",
    ]
    subprocess.run(call, cwd=ROOT, env={**os.environ, **names}, check=True, stdout=subprocess.DEVNULL)
    return target


def check_dependencies(package: Path) -> None:
    """Every system library must come with a package that ours depends on."""
    asked = ["dpkg-deb", "-f", str(package), "Depends"]
    depends = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    coming = with_dependencies({name.strip() for name in depends.split(",")})
    for owner, libraries in owners(system_libraries(APPLICATION)).items():
        if owner not in coming:
            raise LibraryError(f"nfpm.yaml must depend on {owner} (for {', '.join(libraries)})")


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what} in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    shutil.rmtree(APPLICATION.parent, ignore_errors=True)
    sys.exit(main())
