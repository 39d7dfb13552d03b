"""The OpenCV wheel with windows stays out: it brings Qt 5 and takes over Qt's plugin path (decision 0003)."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNWANTED = {"opencv-python", "opencv-contrib-python"}


def _toml(name: str) -> dict[str, object]:
    return tomllib.loads((ROOT / name).read_text())


def test_opencv_with_windows_is_not_installed() -> None:
    installed = {distribution.metadata["Name"].lower().replace("_", "-") for distribution in distributions()}
    assert "opencv-python-headless" in installed
    assert not installed & UNWANTED


def test_opencv_with_windows_is_not_locked() -> None:
    packages = _toml("uv.lock")["package"]
    assert isinstance(packages, list)
    names = {package["name"] for package in packages}
    assert "opencv-python-headless" in names
    assert not names & UNWANTED


def test_a_dependency_that_asks_for_it_is_overridden() -> None:
    tool = _toml("pyproject.toml")["tool"]
    assert isinstance(tool, dict)
    assert "opencv-python; sys_platform == 'never'" in tool["uv"]["override-dependencies"]
    manifest = _toml("uv.lock")["manifest"]
    assert isinstance(manifest, dict)
    assert {"name": "opencv-python", "marker": "sys_platform == 'never'"} in manifest["overrides"]


def test_importing_opencv_leaves_qt_alone() -> None:
    script = "import os, cv2; print([key for key in os.environ if key.startswith('QT_QPA')])"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("QT_QPA")}
    found = subprocess.run(
        [sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
