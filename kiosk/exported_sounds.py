"""The auscultations among exported records, each once more as a WAV file that any program plays."""

import json
from pathlib import Path

import av

from kiosk.clip import CONTENT_TYPE, ClipError, wav
from kiosk.record import PayloadKind, RecordError, decode_reading_payload
from offline_queue.export import INDEX
from offline_queue.files import replace


def write_wavs(folder: Path) -> tuple[int, int]:
    """Beside each exported reading that holds one, `<its file>.wav`: 16 bit PCM at the instrument's own rate.

    How many were written, and how many readings could not be read. Raises OSError.
    """
    listed = json.loads((folder / INDEX).read_bytes())
    files = [entry["file"] for entry in listed if entry["kind"] == PayloadKind.READING and "file" in entry]
    written = [_write(folder / file) for file in files]
    return written.count(True), written.count(None)


def _write(record: Path) -> bool | None:
    """Whether it had a sound; None when nobody knows: what one exports from may be damaged."""
    try:
        kept = decode_reading_payload(record.read_bytes()).reading.attachment
        if kept is None or kept.content_type != CONTENT_TYPE:
            return False
        replace(record.with_name(f"{record.name}.wav"), wav(kept.data))
    except (RecordError, ClipError, av.FFmpegError):
        return None
    return True
