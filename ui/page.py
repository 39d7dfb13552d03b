"""Where the physician's page lies: in the source tree, an installed wheel and a frozen application alike."""

from pathlib import Path

PAGE_DIR = Path(__file__).parent / "physician"
