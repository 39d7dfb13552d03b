"""Names in the record: identifier systems, the id of every resource, and how one resource cites another.

A record of the kiosk is cited by the id that the kiosk gave it (`PUT /Type/{uuid}`) where the server takes
such ids, else by its identifier (`Type?identifier=system|value`, a conditional reference). What other systems
may have registered too (organisation, practitioner, place, gateway) is always cited by its identifier.
"""

from dataclasses import dataclass
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from devices.metrics import Metric
from devices.reading import DeviceIdentity, Kind
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.wire import Json
from kiosk.record import SiteInfo

FINESS = "https://finess.esante.gouv.fr"
IDNST = "urn:oid:1.2.250.1.71.4.2.2"
RPPS = "https://rpps.esante.gouv.fr"
IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
EUI64 = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"
BLUETOOTH = "http://hl7.org/fhir/sid/eui-48/bluetooth"
IDENTIFIER, TAG = "identifier", "_tag"
"""By what a resource is looked for; the second for those that have no identifier."""
BASE = "https://kiosk.example.org/fhir/sid"
IDENTITY_STATUS = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"


@dataclass(frozen=True, slots=True)
class Naming:
    """`base` is the operator's own base for identifier systems, without a final slash.

    `own_ids`: the server takes client-given ids (its CapabilityStatement says updateCreate); `binaries`: for
    Binary too.
    """

    base: str = BASE
    own_ids: bool = True
    identity_status: str = IDENTITY_STATUS
    binaries: bool = False

    def system(self, name: str) -> str:
        return f"{self.base}/{name}"

    def identifier(self, name: str, value: UUID | str) -> Json:
        return {"system": self.system(name), "value": str(value)}

    def cite(self, resource_type: str, name: str, id_: UUID) -> Json:
        """A reference to one of our own records."""
        if self.own_ids:
            return {"reference": f"{resource_type}/{id_}"}
        return by_identifier(resource_type, self.system(name), str(id_))

    def site_id(self, resource_type: str, system: str, value: str) -> UUID:
        """The same organisation or place gets the same id from every kiosk."""
        return uuid5(NAMESPACE_URL, f"{self.base}/{resource_type}?identifier={system}|{value}")

    def location(self, site: SiteInfo) -> tuple[str, str]:
        return self.system("location"), site.location_id

    def instrument_id(self, site: SiteInfo, kind: Kind, device: DeviceIdentity) -> UUID:
        """By content: a new firmware is a new Device, so that an old Observation keeps citing the old one.

        A unit that tells neither serial number nor address is told apart by the kiosk it is used at.
        """
        where = "" if device.serial or device.address else site.kiosk_id
        parts = (kind, device.device, device.manufacturer, device.model, device.serial, device.firmware)
        text = "|".join((*parts, device.address, where))
        return uuid5(NAMESPACE_URL, f"{self.base}/device|{text}")


def by_identifier(resource_type: str, system: str, value: str) -> Json:
    """A conditional reference (FHIR R4, 3.1.0.11.3.1)."""
    return {"reference": f"{resource_type}?{search_key(system, value)}"}


def search_key(system: str, value: str, by: str = IDENTIFIER) -> str:
    """The search for one identifier (or tag), as it stands in `ifNoneExist` and in conditional references."""
    return f"{by}={quote(system, safe=':/')}|{quote(value, safe=':')}"


def organization_key(site: SiteInfo) -> tuple[str, str]:
    """The identifier under which the organisation is looked for. Raises FhirError when there is none."""
    if site.finess:
        return FINESS, site.finess
    if site.organization_id:
        return IDNST, site.organization_id
    raise FhirError(FhirReason.INCOMPLETE_SITE, "the site has neither a FINESS nor a structure number")


def organization(site: SiteInfo) -> Json:
    return by_identifier("Organization", *organization_key(site))


def gateway(site: SiteInfo) -> Json:
    return by_identifier("Device", EUI64, site.kiosk_id)


def practitioner(site: SiteInfo) -> Json:
    return by_identifier("Practitioner", RPPS, site.physician_rpps)


def observation_id(reading: UUID, metric: Metric) -> UUID:
    return uuid5(reading, metric.key)


def panel_id(reading: UUID) -> UUID:
    return uuid5(reading, "blood_pressure")


def media_id(reading: UUID) -> UUID:
    return uuid5(reading, "media")


def binary_id(reading: UUID) -> UUID:
    return uuid5(reading, "binary")


def consent_id(session: UUID) -> UUID:
    return uuid5(session, "consent")


def report_id(session: UUID) -> UUID:
    return uuid5(session, "report")
