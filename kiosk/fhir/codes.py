"""The terminology that the record uses, one table each. Metrics bring their own LOINC and MDC codes.

Sources: LOINC; IEEE 11073-10101 as in the HL7 PHD implementation guide; FHIR R4 value sets; FR Core.
"""

from devices import metrics
from devices.metrics import Metric
from devices.reading import Absent, Clock, Kind, Quality
from kiosk.fhir.wire import Json

LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PHD_CATEGORY = "http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
STATISTICS = "http://terminology.hl7.org/CodeSystem/observation-statistics"
VITAL_SIGN_PROFILE = "http://hl7.org/fhir/StructureDefinition/"

REPORT_LOINC = ("85208-7", "Telemedicine Consult note")
PANEL_LOINC = ("85354-9", "Blood pressure panel with all children optional")
PANEL_MDC = ("150020", "MDC_PRESS_BLD_NONINV")

# What a blood-pressure panel holds; every other metric of a reading is an Observation of its own.
PANEL = (metrics.SYSTOLIC, metrics.DIASTOLIC, metrics.MEAN_PRESSURE)
# What is known of a recording is one Observation without a value of its own: nobody is to take the lowest
# SpO2 of a night for a spot check.
RECORDING = (metrics.SPO2_LOWEST, metrics.SPO2_AVERAGE, metrics.RECORDED, metrics.SPO2_RECORDED)
_STATISTIC_NAMES = {"minimum": "Minimum", "average": "Average"}
# These flow beside readings and are not kept as observations.
WAVEFORMS = (metrics.PLETH, metrics.CUFF_PRESSURE, metrics.ECG)

TEXTS = {
    metrics.SPO2: "SpO2",
    metrics.SPO2_LOWEST: "SpO2 la plus basse",
    metrics.SPO2_AVERAGE: "SpO2 moyenne",
    metrics.RECORDED: "Durée de l’enregistrement",
    metrics.SPO2_RECORDED: "dont avec une valeur de SpO2",
    metrics.PULSE_RATE: "Fréquence du pouls",
    metrics.PERFUSION_INDEX: "Index de perfusion",
    metrics.SYSTOLIC: "Pression systolique",
    metrics.DIASTOLIC: "Pression diastolique",
    metrics.MEAN_PRESSURE: "Pression moyenne",
    metrics.CUFF_PULSE_RATE: "Fréquence du pouls (brassard)",
    metrics.BODY_TEMPERATURE: "Température",
    metrics.BODY_WEIGHT: "Poids",
    metrics.BODY_HEIGHT: "Taille",
    metrics.BODY_MASS_INDEX: "Indice de masse corporelle",
    metrics.BODY_FAT: "Masse grasse estimée par la balance",
    metrics.GLUCOSE_MASS: "Glycémie",
    metrics.GLUCOSE_MOLAR: "Glycémie",
    metrics.HEART_RATE: "Fréquence cardiaque",
}
PROFILES = {
    metrics.SPO2: "oxygensat",
    metrics.PULSE_RATE: "heartrate",
    metrics.CUFF_PULSE_RATE: "heartrate",
    metrics.BODY_TEMPERATURE: "bodytemp",
    metrics.BODY_WEIGHT: "bodyweight",
    metrics.BODY_HEIGHT: "bodyheight",
    metrics.BODY_MASS_INDEX: "bmi",
    metrics.HEART_RATE: "heartrate",
}
LOINC_NAMES = {
    "2708-6": "Oxygen saturation in Arterial blood",
    "59408-5": "Oxygen saturation in Arterial blood by Pulse oximetry",
    "8867-4": "Heart rate",
    "8889-8": "Heart rate by Pulse oximetry",
    "61006-3": "Perfusion index Tissue by Pulse oximetry",
    "8480-6": "Systolic blood pressure",
    "8462-4": "Diastolic blood pressure",
    "8478-0": "Mean blood pressure",
    "8310-5": "Body temperature",
    "29463-7": "Body weight",
    "8302-2": "Body height",
    "39156-5": "Body mass index (BMI) [Ratio]",
    "41982-0": "Percentage of body fat Measured",
    "2339-0": "Glucose [Mass/volume] in Blood",
    "15074-8": "Glucose [Moles/volume] in Blood",
}
UNIT_TEXTS = {
    "%": "%", "/min": "/min", "mm[Hg]": "mmHg", "Cel": "°C",
    "kg": "kg", "cm": "cm", "kg/m2": "kg/m²", "mg/dL": "mg/dL", "mmol/L": "mmol/L", "s": "s",
}  # fmt: skip

ABSENT_CODES = {
    Absent.NOT_APPLICABLE: ("not-applicable", "Not Applicable"),
    Absent.SENSOR_OFF: ("not-performed", "Not Performed"),
    Absent.INVALID: ("error", "Error"),
}
ABSENT_NOTES = {
    Absent.NOT_APPLICABLE: "Valeur non fournie par l’appareil.",
    Absent.SENSOR_OFF: "Capteur non placé sur le patient.",
    Absent.INVALID: "L’appareil déclare la mesure invalide.",
}
QUALITY_NOTES = {
    Quality.POOR_SIGNAL: "Signal faible ou instable.",
    Quality.LOW_PERFUSION: "Perfusion faible.",
    Quality.MOTION: "Mouvement pendant la mesure.",
    Quality.IRREGULAR_PULSE: "Pouls irrégulier signalé par l’appareil.",
    Quality.CUFF_LOOSE: "Brassard trop lâche.",
    Quality.BAD_POSITION: "Mauvaise position pendant la mesure.",
    Quality.CUFF_AIR: "Fuite ou obstruction d’air dans le brassard ou son tuyau.",
    Quality.NO_PULSE: "Pouls non trouvé.",
    Quality.OVERPRESSURE: "Surpression dans le brassard.",
    Quality.TOOK_TOO_LONG: "Durée maximale de mesure dépassée.",
    Quality.STOPPED: "Mesure arrêtée.",
    Quality.OUT_OF_RANGE: "Hors de la plage de mesure de l’appareil.",
    Quality.PULSE_OUT_OF_RANGE: "Pouls hors de la plage de mesure, selon l’appareil.",
    Quality.LOW_BATTERY: "Pile faible.",
    Quality.DEVICE_FAULT: "Panne déclarée par l’appareil.",
    Quality.CUFF_FAILED: "Mesure échouée, sans cause connue.",
    Quality.EARLY_ESTIMATE: "Première estimation de l’appareil.",
    Quality.FROM_MEMORY: "Valeur issue de la mémoire de l’appareil.",
    Quality.RECORDING: "Enregistrement dans la durée, et non mesure ponctuelle.",
    Quality.DEMO: "Appareil en mode démonstration.",
    Quality.QUESTIONABLE: "L’appareil déclare la mesure douteuse.",
    Quality.FASTING: "À jeun, selon l’appareil.",
    Quality.BEFORE_MEAL: "Avant un repas, selon l’appareil.",
    Quality.AFTER_MEAL: "Après un repas, selon l’appareil.",
    Quality.IMPLAUSIBLE: "Valeur hors de la plage plausible, transmise telle quelle.",
    Quality.BEFORE_CONSULTATION: "Datée d’avant la consultation.",
    Quality.TIME_UNSURE: "Heure de la mesure incertaine.",
    Quality.UNKNOWN_UNIT: "Appareil non déclaré comme appartenant à la cabine.",
    Quality.ATTACHED_BY_HELPER: "Rattachée au patient par l’accompagnant.",
}
CLOCK_NOTES = {
    Clock.DEVICE: "Heure donnée par l’appareil.",
    Clock.CORRECTED: "Heure de l’appareil, corrigée par la cabine.",
}
OFFSET_NOTE = "Horloge de la cabine moins horloge de l’appareil : {offset} s."
KIND_NAMES = {
    Kind.OXIMETER: "Oxymètre de pouls",
    Kind.CUFF: "Tensiomètre",
    Kind.THERMOMETER: "Thermomètre",
    Kind.SCALE: "Balance",
    Kind.GLUCOMETER: "Lecteur de glycémie",
    Kind.HEART_RATE_MONITOR: "Cardiofréquencemètre",
    Kind.ECG: "Électrocardiographe",
    Kind.OTOSCOPE: "Otoscope vidéo",
    Kind.STETHOSCOPE: "Stéthoscope électronique",
}
SPECIALIZATIONS = {
    Kind.OXIMETER: ("528388", "MDC_DEV_SPEC_PROFILE_PULS_OXIM"),
    Kind.CUFF: ("528391", "MDC_DEV_SPEC_PROFILE_BP"),
    Kind.THERMOMETER: ("528392", "MDC_DEV_SPEC_PROFILE_TEMP"),
    Kind.SCALE: ("528399", "MDC_DEV_SPEC_PROFILE_SCALE"),
    Kind.GLUCOMETER: ("528401", "MDC_DEV_SPEC_PROFILE_GLUCOSE"),
}


def coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str = "") -> Json:
    return {"coding": [coding(system, code, display)]}


def metric_code(metric: Metric) -> Json:
    """All codes of a metric as one CodeableConcept."""
    loinc = [coding(LOINC, code, LOINC_NAMES[code]) for code in metric.loinc]
    return {"coding": [*loinc, coding(MDC, str(metric.mdc))], "text": TEXTS[metric]}


def statistic_code(metric: Metric) -> Json:
    """Of a component of a recording."""
    if metric.statistic:
        said = [coding(STATISTICS, metric.statistic, _STATISTIC_NAMES[metric.statistic])]
    else:
        said = [coding(MDC, str(metric.mdc))] if metric is metrics.RECORDED else []
    return {**({"coding": said} if said else {}), "text": TEXTS[metric]}
