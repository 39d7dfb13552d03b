"""Which code a target feeds: its module, and all of `devices` that it imports, at whatever distance.

Inputs that were fed to a decoder count as long as this stays what it was; a change elsewhere costs no count.
"""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def digest(*modules: str) -> str:
    """SHA-256 (hex) of these modules and all that they import."""
    found: set[Path] = set()
    left = [path for module in modules if (path := _file(module))]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += _imported(path)
    said = sha256()
    for path in sorted(found):
        said.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return said.hexdigest()


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (file for name in names if name.startswith("devices.") and (file := _file(name)))


def _file(module: str) -> Path | None:
    place = ROOT / module.replace(".", "/")
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
