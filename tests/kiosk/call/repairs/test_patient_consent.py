"""A line that is cut for longer than aioice waits, and comes back: two true ICE agents, time made short."""

import asyncio
import inspect

import pytest
from aioice import Connection, ice
from aiortc import RTCIceGatherer, RTCIceTransport

from kiosk.call.repairs import patient_consent
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.patient_consent import PatientConsent, be_patient
from tests.fakes.polling import until


async def connected() -> tuple[RTCIceTransport, PatientConsent, Connection]:
    """The kiosk's end with its patience, and the other side."""
    offer_loopback()
    kiosk, page = RTCIceTransport(RTCIceGatherer([])), Connection(ice_controlling=True)
    consent = be_patient(kiosk)
    ours = kiosk._connection
    await asyncio.gather(ours.gather_candidates(), page.gather_candidates())
    for one, other in ((ours, page), (page, ours)):
        one.remote_username, one.remote_password = other.local_username, other.local_password
        for candidate in other.local_candidates:
            await one.add_remote_candidate(candidate)
        await one.add_remote_candidate(None)
    await asyncio.gather(ours.connect(), page.connect())
    return kiosk, consent, page


async def test_a_long_silence_costs_the_consent_but_not_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("CALM_S", 0.02), ("ANXIOUS_S", 0.02), ("VALID_S", 1.0)):
        monkeypatch.setattr(patient_consent, name, value)
    kiosk, consent, page = await connected()
    try:
        answer = page.request_received
        monkeypatch.setattr(page, "request_received", lambda *args: None)  # what is asked vanishes on the way
        await until(lambda: not consent.valid)
        await kiosk._connection.send(b"thrown away")
        monkeypatch.setattr(page, "request_received", answer)
        await until(lambda: consent.valid)
        await kiosk._connection.send(b"arrives")
        async with asyncio.timeout(10):
            assert await page.recv() == b"arrives"
    finally:
        await kiosk._connection.close()
        await page.close()


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CALM_S", 0.02), ("ANXIOUS_S", 0.02), ("PATIENCE_S", 0.2)):
        monkeypatch.setattr(patient_consent, name, value)
    kiosk, _, page = await connected()
    await page.close()
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionError):
            while True:
                await kiosk._connection.recv()


async def test_a_library_that_has_changed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Connection, "query_consent")
    with pytest.raises(AttributeError, match="query_consent"):
        be_patient(RTCIceTransport(RTCIceGatherer([])))


def test_aioice_still_gives_up_after_half_a_minute() -> None:
    """When this fails: its patience can be set; the repair is needless."""
    assert ice.CONSENT_FAILURES * ice.CONSENT_INTERVAL == 30
    assert not [name for name in inspect.signature(Connection).parameters if "consent" in name]
