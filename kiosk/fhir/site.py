"""The site: organisation, place, physician, and the kiosk as the gateway that every Observation cites."""

from kiosk.fhir import naming as names
from kiosk.fhir.bundles import entry, in_bundle, transaction
from kiosk.fhir.codes import MDC, concept
from kiosk.fhir.naming import Naming
from kiosk.fhir.wire import Json
from kiosk.record import SiteInfo, SitePayload

FR_CORE = "https://hl7.fr/ig/fhir/core/"
_ID_TYPES = FR_CORE + "CodeSystem/fr-core-cs-v2-0203"
DEVICE_ID_TYPES = "http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers"


def profile(name: str) -> Json:
    return {"profile": [f"{FR_CORE}StructureDefinition/{name}"]}


def site_bundle(payload: SitePayload, naming: Naming) -> Json:
    """Organization, Location, Device and, when the physician is known, Practitioner."""
    site = payload.site
    people = [_practitioner(site, naming)] if site.physician_rpps else []
    return transaction(_organization(site, naming), _location(site, naming), *people, _gateway(site, naming))


def _organization(site: SiteInfo, naming: Naming) -> Json:
    system, value = names.organization_key(site)
    numbers = ((names.IDNST, site.organization_id, "IDNST"), (names.FINESS, site.finess, "FINEG"))
    resource = {
        "resourceType": "Organization",
        "meta": profile("fr-core-organization"),
        "identifier": [_national(*number) for number in numbers if number[1]],
        "active": True,
        "name": site.name,
    }
    id_ = naming.site_id("Organization", system, value)
    return entry(naming, id_, {"system": system, "value": value}, resource)


def _national(system: str, value: str, kind: str) -> Json:
    return {"use": "official", "type": concept(_ID_TYPES, kind), "system": system, "value": value}


def _location(site: SiteInfo, naming: Naming) -> Json:
    key = naming.location(site)
    resource = {
        "resourceType": "Location",
        "identifier": [naming.identifier("location", site.location_id)],
        "status": "active",
        "name": site.location_name,
        "mode": "instance",
        "managingOrganization": in_bundle(naming.site_id("Organization", *names.organization_key(site))),
    }
    return entry(naming, naming.site_id("Location", *key), naming.identifier("location", key[1]), resource)


def _practitioner(site: SiteInfo, naming: Naming) -> Json:
    resource = {
        "resourceType": "Practitioner",
        "meta": profile("fr-core-practitioner"),
        # The national number is the RPPS number behind the digit 8 (ANS, identifiants nationaux).
        "identifier": [
            _national(names.IDNPS, "8" + site.physician_rpps, "IDNPS"),
            _national(names.RPPS, site.physician_rpps, "RPPS"),
        ],
        "active": True,
        "name": [{"family": site.physician_family, "given": [site.physician_given], "prefix": ["DR"]}],
    }
    id_ = naming.site_id("Practitioner", names.RPPS, site.physician_rpps)
    return entry(naming, id_, {"system": names.RPPS, "value": site.physician_rpps}, resource)


def _gateway(site: SiteInfo, naming: Naming) -> Json:
    resource = {
        "resourceType": "Device",
        "meta": {"profile": ["http://hl7.org/fhir/uv/phd/StructureDefinition/PhgDevice"]},
        "identifier": [
            {"type": concept(DEVICE_ID_TYPES, "SYSID"), "system": names.EUI64, "value": site.kiosk_id}
        ],
        "status": "active",
        "manufacturer": "Télécabine",
        "serialNumber": site.serial,
        "modelNumber": "telecabine",
        "deviceName": [{"name": site.kiosk_name, "type": "user-friendly-name"}],
        "type": concept(MDC, "531981", "MDC_MOC_VMS_MDS_AHD"),
        "specialization": [
            {"systemType": concept(MDC, "528457", "MDC_DEV_SPEC_PROFILE_GENERIC"), "version": "1"}
        ],
        "version": [{"type": concept(MDC, "531975", "MDC_ID_PROD_SPEC_SW"), "value": site.software_version}],
        "owner": in_bundle(naming.site_id("Organization", *names.organization_key(site))),
        "location": in_bundle(naming.site_id("Location", *naming.location(site))),
    }
    id_ = naming.site_id("Device", names.EUI64, site.kiosk_id)
    return entry(naming, id_, {"system": names.EUI64, "value": site.kiosk_id}, resource)
