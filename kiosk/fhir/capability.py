"""What a server says of itself in its CapabilityStatement (`GET /metadata`)."""

from dataclasses import dataclass
from typing import Any

from kiosk.fhir.errors import FhirError, FhirReason

# What the kiosk writes of a patient. Only when all of them take client-given ids are such ids used.
WRITTEN = (
    "Consent", "Device", "DocumentReference", "Encounter", "Location", "Media", "Observation",
    "Organization", "Patient", "Practitioner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capability:
    """`announced`: the types of which `PUT /Type/{id}` with a new id creates a resource."""

    announced: frozenset[str]

    @property
    def update_create(self) -> bool:
        """For all of a patient's record."""
        return self.announced.issuperset(WRITTEN)

    def takes_id_of(self, resource_type: str) -> bool:
        return resource_type in self.announced


def read_capability(statement: Any) -> Capability:
    """Raises FhirError (CONFIGURATION) when this is no FHIR R4 server."""
    if not isinstance(statement, dict) or statement.get("resourceType") != "CapabilityStatement":
        raise FhirError(FhirReason.CONFIGURATION, "no CapabilityStatement at /metadata")
    version = str(statement.get("fhirVersion", ""))
    if not version.startswith("4.0"):
        raise FhirError(FhirReason.CONFIGURATION, f"the server speaks FHIR {version[:20]}, not 4.0")
    announced = frozenset(
        str(resource.get("type"))
        for rest in _objects(statement.get("rest"))
        if rest.get("mode") == "server"
        for resource in _objects(rest.get("resource"))
        if resource.get("updateCreate") is True
    )
    return Capability(announced)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
