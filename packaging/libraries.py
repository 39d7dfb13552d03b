"""The libraries of the frozen application: made smaller, and what they want from the system."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from prune import strippable

ELF = b"\x7fELF"
LINE = re.compile(r"^\s*(\S+) => (not found|/\S+)")


class LibraryError(Exception):
    """A library does not load, or comes from a package that nobody asked for."""


def elf_files(folder: Path) -> list[Path]:
    """Every program and library below `folder`, without symbolic links."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if path.read_bytes()[:4] == ELF]


def strip_all(folder: Path) -> int:
    """Remove symbol tables where that is safe. Returns the number of bytes saved."""
    candidates = [path for path in elf_files(folder) if strippable(path.relative_to(folder).as_posix())]
    return sum(_strip(path, folder) for path in candidates if path != folder / "telecabine")


def _strip(path: Path, folder: Path) -> int:
    smaller = path.with_name(f".{path.name}.stripped")
    shutil.copy2(path, smaller)
    try:
        subprocess.run(["strip", "--strip-unneeded", smaller], check=True)
        saved = path.stat().st_size - smaller.stat().st_size
        if saved <= 0 or _linked(smaller, folder) != _linked(path, folder):
            return 0
        smaller.replace(path)
        return saved
    finally:
        smaller.unlink(missing_ok=True)


def system_libraries(folder: Path) -> set[Path]:
    """Files outside `folder` that its libraries load. Raises LibraryError when one finds nothing."""
    inside = folder.resolve()
    wanted: set[Path] = set()
    for path in elf_files(folder):
        for name, found in _linked(path, folder):
            if found == "not found":
                raise LibraryError(f"{path.relative_to(folder)} wants {name}, which is nowhere")
            if not Path(found).resolve().is_relative_to(inside):
                wanted.add(Path(found))
    return wanted


def _linked(path: Path, folder: Path) -> set[tuple[str, str]]:
    environment = {**os.environ, "LD_LIBRARY_PATH": str((folder / "_internal").resolve())}
    environment.pop("LD_PRELOAD", None)
    shown = subprocess.run(["ldd", path], env=environment, capture_output=True, text=True)
    if shown.returncode != 0 and "not a dynamic" not in shown.stderr + shown.stdout:
        return {(path.name, "not found")}
    return {(match[1], match[2]) for line in shown.stdout.splitlines() if (match := LINE.match(line))}


def owners(libraries: set[Path]) -> dict[str, list[str]]:
    """Debian packages and which of the libraries are theirs."""
    found: dict[str, list[str]] = {}
    for library in sorted(libraries):
        found.setdefault(_owner(library), []).append(library.name)
    return found


def _owner(library: Path) -> str:
    for name in (str(library), str(library).removeprefix("/usr"), f"/usr{library}", str(library.resolve())):
        asked = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if asked.returncode == 0:
            return asked.stdout.split(":", 1)[0]
    raise LibraryError(f"{library} belongs to no Debian package")


def with_dependencies(packages: set[str]) -> set[str]:
    """These packages and all that comes with them, as this machine's dpkg knows it."""
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package}\t${Provides}\t${Pre-Depends}, ${Depends}\n"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    needs: dict[str, set[str]] = {}
    for line in shown.splitlines():
        name, provides, depends = line.split("\t")
        for known in {name, *_names(provides)}:
            needs.setdefault(known, set()).update({name, *_names(depends)})
    reached: set[str] = set()
    waiting = set(packages)
    while waiting:
        reached |= waiting
        waiting = set().union(*(needs.get(name, set()) for name in waiting)) - reached
    return reached


def _names(field: str) -> set[str]:
    """Package names of a relation field, alternatives included, without versions and architectures."""
    return {part.split("(")[0].split(":")[0].strip() for part in re.split(r"[,|]", field)} - {""}
