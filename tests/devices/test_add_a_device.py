"""Follows docs/add-a-device.md word for word, on a copy of what it names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_KEY = "example_thermometer"


def _blocks(language: str) -> list[str]:
    page = (_ROOT / "docs/add-a-device.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_two_files_are_enough(tmp_path: Path) -> None:
    for folder in ("devices", "tests"):
        shutil.copytree(_ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    (module,), (vectors,) = _blocks("python"), _blocks("toml")
    (tmp_path / f"devices/catalog/{_KEY}.py").write_text(module, encoding="utf-8")
    (tmp_path / f"tests/vectors/{_KEY}.toml").write_text(vectors, encoding="utf-8")
    tested = _python(
        tmp_path, "-m", "pytest", "-q", "--noconftest", "tests/devices/test_catalog.py", "-k", _KEY
    )
    assert re.search(r"\b[1-9]\d* passed", tested) and "failed" not in tested, tested
    assert _python(tmp_path, "-m", "mypy", "--strict", f"devices/catalog/{_KEY}.py").startswith("Success")
    assert _python(tmp_path, "-m", "ruff", "check", "devices").startswith("All checks passed")


def _python(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
