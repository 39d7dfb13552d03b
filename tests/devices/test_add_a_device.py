"""Follows docs/add-a-device.md word for word, on a copy of what it names."""

import json
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


def test_two_files_are_enough_and_the_page_says_how_to_try_them(tmp_path: Path) -> None:
    for folder in ("devices", "drivers", "kiosk", "offline_queue", "packaging", "tests"):
        shutil.copytree(_ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (tmp_path / "docs").mkdir()
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    (module,), (vectors,), (tries,) = _blocks("python"), _blocks("toml"), _blocks("sh")
    (tmp_path / f"devices/catalog/{_KEY}.py").write_text(module, encoding="utf-8")
    (tmp_path / f"tests/vectors/{_KEY}.toml").write_text(vectors, encoding="utf-8")
    tested, decoded, *_ = [_run(tmp_path, line) for line in tries.splitlines()]
    assert re.search(r"\b[1-9]\d* passed", tested) and "failed" not in tested, tested
    assert json.loads(decoded) == {"touching": True, "temp": 37.0}
    assert "| Example thermometer" in (tmp_path / "docs/devices.md").read_text(encoding="utf-8")
    rules = (tmp_path / "packaging/60-telecabine.rules").read_text(encoding="utf-8")
    assert f"# {_KEY}" in rules
    assert _run(tmp_path, f".venv/bin/mypy --strict devices/catalog/{_KEY}.py").startswith("Success")
    assert _run(tmp_path, ".venv/bin/ruff check devices").startswith("All checks passed")


def _run(folder: Path, line: str) -> str:
    """A line of the page, with this environment in the place of the checkout's own."""
    done = subprocess.run(
        line.replace(".venv/bin/", f"{Path(sys.executable).parent}/"),
        shell=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTEST_ADDOPTS": "-q --noconftest"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
