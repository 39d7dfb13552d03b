"""A USB otoscope that presents itself as a UVC camera (USB Video Class 1.0/1.1).

Recognised by USB id: 0c45:6340 are the generic ear scopes (MJPEG, 640x480 at 30 frames/s); others by a word
in the name they give themselves. Pictures are shown as they come: no correction, no interpretation.
"""

from devices.device import CameraMatch, Device
from devices.reading import Kind

DEVICE = Device(
    key="uvc_otoscope",
    name="USB otoscope",
    kind=Kind.OTOSCOPE,
    match=CameraMatch(usb_ids=((0x0C45, 0x6340),), name_words=("otoscope", "ear scope", "earscope")),
    metrics=(),
    reference="USB Device Class Definition for Video Devices 1.1; the id: product data of one seller",
    experimental=True,
    limits="that the ear scopes have this id is one source's word",
)
