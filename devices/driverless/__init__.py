"""Frames of instruments that the kiosk does not drive: only `telecabine devices decode` knows them.

Nothing here sends anything.
"""

from devices.driverless import ihealth, lepu, microlife, phd, suear

PROTOCOLS = (
    *ihealth.PROTOCOLS,
    *lepu.PROTOCOLS,
    *microlife.PROTOCOLS,
    *phd.PROTOCOLS,
    *suear.PROTOCOLS,
)
