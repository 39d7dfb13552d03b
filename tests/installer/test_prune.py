"""What the frozen application carries, and what it leaves to the system."""

import pytest

from tests.installer.scripts import PACKAGING, load

prune = load("prune")
SITE = "/home/somebody/.venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", f"{SITE}/PySide6/libqxcb.so", "BINARY"),
        ("PySide6/Qt/plugins/platforms/libqwayland.so", f"{SITE}/PySide6/libqwayland.so", "BINARY"),
        ("PySide6/Qt/translations/qtbase_fr.qm", f"{SITE}/PySide6/qtbase_fr.qm", "DATA"),
        ("av.libs/libxcb-5ddf6756.so.1.1.0", f"{SITE}/av.libs/libxcb-5ddf6756.so.1.1.0", "BINARY"),
        ("libpython3.11.so.1.0", "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "BINARY"),
        ("libssl.so.3", "/lib/x86_64-linux-gnu/libssl.so.3", "BINARY"),
        ("ui/physician/index.html", "/src/ui/physician/index.html", "DATA"),
        ("offline_queue/migrations/0001_outbox.sql", "/src/offline_queue/migrations/0001_outbox.sql", "DATA"),
    ],
)
def test_kept(name: str, source: str, kind: str) -> None:
    assert prune.keep((name, source, kind))


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", f"{SITE}/PySide6/libqeglfs.so", "BINARY"),
        ("PySide6/Qt/lib/libQt6Quick.so.6", f"{SITE}/PySide6/libQt6Quick.so.6", "BINARY"),
        ("PySide6/Qt/translations/qtbase_ja.qm", f"{SITE}/PySide6/qtbase_ja.qm", "DATA"),
        ("libGL.so.1", "/usr/lib/x86_64-linux-gnu/libGL.so.1", "BINARY"),
        ("libglib-2.0.so.0", "/lib/x86_64-linux-gnu/libglib-2.0.so.0", "BINARY"),
        ("cv2/data/haarcascade_eye.xml", f"{SITE}/cv2/data/haarcascade_eye.xml", "DATA"),
    ],
)
def test_left_out(name: str, source: str, kind: str) -> None:
    assert not prune.keep((name, source, kind))


def test_rewritten_libraries_are_never_stripped() -> None:
    assert not prune.strippable("_internal/numpy.libs/libscipy_openblas64_-32a4b2a6.so")
    assert prune.strippable("_internal/libpython3.11.so.1.0")


@pytest.mark.parametrize("spec", ["telecabine.spec", "windows/telecabine.spec"])
def test_a_spec_carries_what_is_found_at_run_time(spec: str) -> None:
    text = (PACKAGING / spec).read_text(encoding="utf-8")
    compile(text, spec, "exec")
    for needed in ("collect_submodules", '"devices"', "ui/physician", "ui/text", "offline_queue/migrations"):
        assert needed in text


def test_the_graphical_opencv_and_its_qt_stay_out() -> None:
    """The lock file resolves one build of OpenCV, and the specification names no other Qt."""
    lock = (PACKAGING.parent / "uv.lock").read_text(encoding="utf-8")
    assert 'name = "opencv-python-headless"' in lock
    assert '[[package]]\nname = "opencv-python"\n' not in lock
    assert prune.is_system(("libQt5Core.so.5", "/usr/lib/x86_64-linux-gnu/libQt5Core.so.5", "BINARY"))
