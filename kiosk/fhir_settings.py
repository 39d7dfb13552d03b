"""How the FHIR server of the settings is reached."""

from kiosk.config import Config
from kiosk.fhir.server import FhirSettings


def fhir_settings(config: Config) -> FhirSettings:
    fhir = config.fhir
    return FhirSettings(
        fhir.base_url,
        fhir.token_file,
        fhir.ca_file,
        fhir.timeout_s,
        fhir.identifier_base,
        cert_file=fhir.cert_file,
        key_file=fhir.key_file,
        client=fhir.client(),
    )
