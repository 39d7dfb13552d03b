"""The quantities of a reading as Observations: one each, but one for a blood pressure or a recording."""

from datetime import timedelta
from uuid import UUID

from devices.metrics import RECORDED, SPO2, Metric
from devices.reading import Quality, Quantity, Reading
from kiosk.fhir import codes
from kiosk.fhir import naming as names
from kiosk.fhir.bundles import entry, in_bundle
from kiosk.fhir.codes import coding, concept
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.naming import Naming
from kiosk.fhir.wire import Json
from kiosk.record import ReadingPayload

_GATEWAY = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice"


def observation_entries(payload: ReadingPayload, naming: Naming) -> list[Json]:
    """The panel first, then the rest in the reading's order. Raises FhirError for unknown metrics."""
    quantities = payload.reading.quantities
    for quantity in quantities:
        if quantity.metric not in codes.TEXTS:
            raise FhirError(FhirReason.UNKNOWN_METRIC, quantity.metric.key)
    panel = [q for q in quantities if q.metric in codes.PANEL]
    recording = [q for q in quantities if q.metric in codes.RECORDING]
    single = [q for q in quantities if q.metric not in (*codes.PANEL, *codes.RECORDING)]
    return [
        *([_panel(payload, panel, naming)] if panel else []),
        *([_recording(payload, recording, naming)] if recording else []),
        *(_single(payload, quantity, naming) for quantity in single),
    ]


def _single(payload: ReadingPayload, quantity: Quantity, naming: Naming) -> Json:
    metric = quantity.metric
    id_ = names.observation_id(payload.reading.id, metric)
    resource = {
        **_common(payload, id_, naming, _profile(codes.PROFILES.get(metric)), [quantity]),
        "code": codes.metric_code(metric),
        **_value(quantity),
    }
    return entry(naming, id_, naming.identifier("reading", id_), resource)


def _panel(payload: ReadingPayload, quantities: list[Quantity], naming: Naming) -> Json:
    id_ = names.panel_id(payload.reading.id)
    panel = [coding(codes.LOINC, *codes.PANEL_LOINC), coding(codes.MDC, *codes.PANEL_MDC)]
    resource = {
        **_common(payload, id_, naming, _profile("bp"), quantities),
        "code": {"coding": panel, "text": "Pression artérielle"},
        "component": [{"code": codes.metric_code(q.metric), **_value(q)} for q in quantities],
    }
    return entry(naming, id_, naming.identifier("reading", id_), resource)


def _recording(payload: ReadingPayload, quantities: list[Quantity], naming: Naming) -> Json:
    """SpO2 over the time of the recording: statistics alone, each a component."""
    id_ = names.panel_id(payload.reading.id)
    resource = {
        **_common(payload, id_, naming, {}, quantities),
        "code": codes.metric_code(SPO2),
        "component": [{"code": codes.statistic_code(q.metric), **_value(q)} for q in quantities],
    }
    return entry(naming, id_, naming.identifier("reading", id_), resource)


def _effective(reading: Reading) -> Json:
    """Of a recording that a clock has dated, its whole time."""
    began = reading.taken_at
    length_s = next((q.value for q in reading.quantities if q.metric is RECORDED), None)
    if length_s is None or reading.device_time is None:
        return {"effectiveDateTime": began.isoformat()}
    end = began + timedelta(seconds=int(length_s))
    return {"effectivePeriod": {"start": began.isoformat(), "end": end.isoformat()}}


def _common(
    payload: ReadingPayload, id_: UUID, naming: Naming, meta: Json, quantities: list[Quantity]
) -> Json:
    reading, session = payload.reading, payload.session
    early = Quality.EARLY_ESTIMATE in reading.quality
    notes = [*reading_notes(reading), *_absent_notes(quantities)]
    return {
        "resourceType": "Observation",
        **meta,
        "extension": [{"url": _GATEWAY, "valueReference": names.gateway(payload.site)}],
        "identifier": [naming.identifier("reading", id_)],
        "status": "preliminary" if early else "final",
        "category": [
            concept(codes.CATEGORY, "vital-signs", "Vital Signs"),
            concept(codes.PHD_CATEGORY, "phd"),
        ],
        "subject": naming.cite("Patient", "patient", session.patient_id),
        "encounter": naming.cite("Encounter", "session", session.id),
        **_effective(reading),
        "device": in_bundle(naming.instrument_id(payload.site, reading.kind, reading.identity)),
        "note": [{"text": text} for text in notes],
    }


def reading_notes(reading: Reading) -> list[str]:
    """What is known of the measurement, and whose clock it has, in French."""
    clock = codes.CLOCK_NOTES.get(reading.clock)
    notes = [*(codes.QUALITY_NOTES[q] for q in sorted(reading.quality)), *([clock] if clock else [])]
    if reading.clock_offset_s is not None:
        notes.append(codes.OFFSET_NOTE.format(offset=f"{reading.clock_offset_s:+f}".replace(".", ",")))
    return notes


def _absent_notes(quantities: list[Quantity]) -> list[str]:
    return [f"{codes.TEXTS[q.metric]} : {codes.ABSENT_NOTES[q.absent]}" for q in quantities if q.absent]


def _profile(name: str | None) -> Json:
    return {"meta": {"profile": [codes.VITAL_SIGN_PROFILE + name]}} if name else {}


def _value(quantity: Quantity) -> Json:
    if quantity.absent is not None:
        return {"dataAbsentReason": concept(codes.ABSENT, *codes.ABSENT_CODES[quantity.absent])}
    return {"valueQuantity": _quantity(quantity.metric, quantity)}


def _quantity(metric: Metric, quantity: Quantity) -> Json:
    unit = codes.UNIT_TEXTS[metric.ucum]
    return {"value": quantity.value, "unit": unit, "system": codes.UCUM, "code": metric.ucum}
