"""What goes into the frozen application. Pure, so that it can be tested without building anything.

An entry is PyInstaller's (name inside the application, file it comes from, kind).
"""

import re

Entry = tuple[str, str, str]

# Installed for development, or reached through an optional import; none is used by the product.
EXCLUDED_MODULES = [
    *("tkinter", "_tkinter", "unittest", "pytest", "_pytest", "setuptools", "pkg_resources", "pip", "wheel"),
    *("IPython", "PIL", "matplotlib", "psutil", "hypothesis", "uvicorn", "uvloop", "fastapi", "starlette"),
    *("bumble", "labmcp", "labmcp_ble_health", "sekmet", "fhirkit", "playwright", "rich", "mypy"),
    *(
        "pydantic",
        "pydantic_core",
        "yaml",
        "google_crc32c",
        "importlib_metadata",
        "backports",
        "caio",
        "aiofile",
    ),
    *(
        "av.datasets",
        "numpy.f2py",
        "numpy.testing",
        "cv2.gapi",
        "lib2to3",
        "pydoc_data",
        "ensurepip",
        "idlelib",
    ),
    *(
        f"PySide6.Qt{part}"
        for part in ("Qml", "Quick", "QuickWidgets", "Pdf", "Charts", "Sql", "Test", "Designer")
    ),
]

# Qt parts that a kiosk under Wayland, or a window under X11, never loads.
UNUSED_QT = re.compile(
    r"/plugins/("
    r"platforms/libq(vnc|linuxfb|eglfs|minimalegl|vkkhrdisplay|minimal)\."
    r"|(egldeviceintegrations|generic|networkinformation|qmltooling|sqldrivers|printsupport|designer)/"
    r"|platforminputcontexts/lib(qtvirtualkeyboard|ibus)"
    r"|platformthemes/libqgtk3"
    r"|wayland-shell-integration/lib(ivi|qt-shell|fullscreen)"
    r"|wayland-graphics-integration-(server/|client/lib(dmabuf|drm|vulkan|shm))"
    r"|imageformats/libq(tiff|tga|wbmp|icns|gif|ico|webp|pdf)"
    r")"
    r"|(^|/)libQt6(Quick|Qml|Designer|EglFS|EglFs|VirtualKeyboard|Sql|Test|PrintSupport|Help|Labs|WaylandCompositor)"
)
UNUSED_DATA = re.compile(
    r"^(av/(include|datasets)/|cv2/data/|numpy/.*/tests/)|\.(pyx|pxd|pyi|h)$|^[^/]+\.dist-info/(RECORD|INSTALLER)$"
)
KEPT_TRANSLATION = re.compile(r"/qt(base)?_(fr|ar|en)\.qm$")

SYSTEM = re.compile(r"^(/usr)?/lib/")
# Of the system's libraries only what Python's own modules load is carried along. Everything else comes from the
# packages that nfpm.yaml depends on: an old copy of a graphics library beside the machine's own Mesa breaks it.
CARRIED = re.compile(
    r"^lib(python3|ssl|crypto|ffi|sqlite3|mpdec|readline|tinfo|ncursesw|bz2|uuid|crypt|nsl|tirpc|db-5)[-.\d]*(so|$)"
)


def keep(entry: Entry) -> bool:
    """Whether this file goes into the application."""
    name, source, _kind = entry
    if UNUSED_QT.search(name) or UNUSED_DATA.search(name):
        return False
    if "/translations/" in name:
        return KEPT_TRANSLATION.search(name) is not None
    return not is_system(entry)


def is_system(entry: Entry) -> bool:
    """A library that the Debian package depends on instead of carrying it."""
    name, source, kind = entry
    return (
        kind == "BINARY" and SYSTEM.match(source) is not None and not CARRIED.match(name.rpartition("/")[2])
    )


def strippable(relative: str) -> bool:
    """Libraries that auditwheel rewrote (in `*.libs`) do not survive strip(1): OpenBLAS fails to load."""
    return ".libs/" not in relative
