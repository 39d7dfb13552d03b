"""A session in which everything about the patient is a planted word, in a process that ends by a crash.

`python -m tests.kiosk.planted FOLDER FHIR_URL CA` writes below FOLDER alone: its data, its log at the most
talkative level, its temporary files (TMPDIR) and what a crash leaves.
"""

import asyncio
import logging
import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

from devices.reading import Attachment
from kiosk.config import Config
from kiosk.core_dumps import forbid_core_dumps
from kiosk.fhir_config import FhirConfig
from kiosk.session import Patient, Sex
from tests.kiosk.bench import temperature
from tests.kiosk.whole import config_in, whole_kiosk

PLANTED = ("QXPLANTEDNAME", "Qxplantedgiven", "269057777715780", "38.476153920417", "qxplanted-sound-bytes")
"""Family and given name, INS number (of the test range), a value, the content of a sound."""


async def live(config: Config) -> None:
    family, given, ins, value, sound = PLANTED
    async with whole_kiosk(config) as whole:
        await whole.kiosk.begin()
        await whole.kiosk.identify(Patient(uuid4(), family, given, date(1969, 5, 14), Sex.FEMALE, ins))
        await whole.answer(given=True)
        await whole.kiosk.hub.reading(temperature(value))
        clip = Attachment("audio/wav", sound.encode() * 50, "aortic")
        await whole.kiosk.hub.reading(replace(temperature(value), id=uuid4(), attachment=clip))
        await whole.kiosk.end_consultation()
        await whole.kiosk.finish()
        async with asyncio.timeout(60):
            while (await whole.kiosk.outbox.counts()).delivered < 3:  # noqa: ASYNC110 - another thread's work
                await asyncio.sleep(0.1)
        await whole.kiosk.begin()
        await whole.kiosk.identify(Patient(uuid4(), family, given, date(1969, 5, 14), Sex.FEMALE, ins))
        await whole.answer(given=True)
        await whole.kiosk.hub.reading(temperature(value))
        os.abort()


if __name__ == "__main__":
    folder, url, ca = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    logging.basicConfig(level=logging.DEBUG, filename=folder / "kiosk.log")
    forbid_core_dumps()
    os.chdir(folder)
    asyncio.run(live(config_in(folder / "data", fhir=FhirConfig(url, ca_file=ca))))
