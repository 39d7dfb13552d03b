"""Cameras as sysfs shows them, laid out as the kernel does."""

from pathlib import Path

from devices.device import CameraMatch
from drivers.video_nodes import VideoNode, is_match, list_sysfs

OTOSCOPE = CameraMatch(usb_ids=((0x0C45, 0x6340),), name_words=("otoscope",))


def add(root: Path, number: int, index: int, name: str, usb: dict[str, str] | None) -> None:
    interface = root / "devices" / f"camera{number}" / "1-1:1.0"
    entry = root / "class" / f"video{number}"
    entry.mkdir(parents=True)
    interface.mkdir(parents=True)
    (entry / "index").write_text(f"{index}\n")
    (entry / "name").write_text(f"{name}\n")
    (entry / "device").symlink_to(interface)
    for key, value in (usb or {}).items():
        (interface.parent / key).write_text(f"{value}\n")


def test_usb_camera_has_its_identity(tmp_path: Path) -> None:
    add(tmp_path, 3, 0, "Ear", {"idVendor": "0c45", "idProduct": "6340", "serial": "S1", "manufacturer": "M"})
    (node,) = list_sysfs(tmp_path / "class")
    assert node == VideoNode("/dev/video3", "Ear", (0x0C45, 0x6340), "S1", "M", "camera3")
    assert node.stable_id == "usb:0c45:6340:S1"


def test_metadata_nodes_are_left_out_and_order_is_numeric(tmp_path: Path) -> None:
    for number, index in ((10, 0), (2, 0), (3, 1)):
        add(tmp_path, number, index, "Cam", {"idVendor": "046d", "idProduct": "0825"})
    assert [node.node for node in list_sysfs(tmp_path / "class")] == ["/dev/video2", "/dev/video10"]


def test_camera_without_usb_is_known_by_its_name(tmp_path: Path) -> None:
    add(tmp_path, 0, 0, "Integrated Camera", None)
    (node,) = list_sysfs(tmp_path / "class")
    assert node.stable_id == "name:Integrated Camera"


def test_no_video_at_all(tmp_path: Path) -> None:
    assert list_sysfs(tmp_path / "class") == []


def test_match_by_id_or_by_word() -> None:
    assert is_match(VideoNode("/dev/video0", "GENERAL WEBCAM", (0x0C45, 0x6340)), OTOSCOPE)
    assert is_match(VideoNode("/dev/video0", "Digital OTOSCOPE", (1, 2)), OTOSCOPE)
    assert not is_match(VideoNode("/dev/video0", "HD Webcam", (0x046D, 0x0825)), OTOSCOPE)
    assert not is_match(VideoNode("/dev/video0", "HD Webcam"), OTOSCOPE)
