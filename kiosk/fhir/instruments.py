"""The instrument of a reading as a Device."""

from devices.reading import DeviceIdentity, Kind, Reading
from kiosk.fhir.bundles import entry
from kiosk.fhir.codes import KIND_NAMES, MDC, SPECIALIZATIONS, concept
from kiosk.fhir.naming import BLUETOOTH, Naming
from kiosk.fhir.site import DEVICE_ID_TYPES
from kiosk.fhir.wire import Json
from kiosk.record import SiteInfo

_MAC_LENGTH = 17


def instrument_entry(site: SiteInfo, reading: Reading, naming: Naming) -> Json:
    """One Device for each unit and firmware, the same from every kiosk that it is used at."""
    device, kind = reading.identity, reading.kind
    id_ = naming.instrument_id(site, kind, device)
    key = naming.identifier("device", id_)
    resource = {
        "resourceType": "Device",
        "identifier": [key, *_address(device)],
        "status": "active",
        "deviceName": [{"name": KIND_NAMES[kind], "type": "user-friendly-name"}],
        "manufacturer": device.manufacturer,
        "serialNumber": device.serial,
        "modelNumber": device.model,
        "version": _version(device),
        **_type(kind),
    }
    return entry(naming, id_, key, resource)


def _version(device: DeviceIdentity) -> list[Json]:
    firmware = {"type": concept(MDC, "531976", "MDC_ID_PROD_SPEC_FW"), "value": device.firmware}
    return [firmware] if device.firmware else []


def _address(device: DeviceIdentity) -> list[Json]:
    address = device.address.upper().replace(":", "-")
    if len(address) != _MAC_LENGTH or address.count("-") != 5:
        return []
    return [{"type": concept(DEVICE_ID_TYPES, "BTMAC"), "system": BLUETOOTH, "value": address}]


def _type(kind: Kind) -> Json:
    if kind not in SPECIALIZATIONS:
        return {"type": {"text": KIND_NAMES[kind]}}
    return {
        "type": concept(MDC, "65573", "MDC_MOC_VMS_MDS_SIMP"),
        "specialization": [{"systemType": concept(MDC, *SPECIALIZATIONS[kind]), "version": "1"}],
    }
