"""A stranger's measurement is never attached to this patient, and the helper may attach what is theirs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from devices.catalog import nonin_spot
from devices.event import Measured
from devices.metrics import BODY_TEMPERATURE
from devices.reading import Absent, Attachment, Clock, DeviceIdentity, Kind, Quality, Quantity, Reading
from drivers.stamp import Stamp
from kiosk.belonging import doubt
from kiosk.events import Notice, NoticeReason, ReadingShown, SetAsideChanged
from kiosk.keeper import now
from kiosk.session import Phase, SessionError
from tests.fakes.nonin_slow import spot_check
from tests.kiosk.bench import PATIENT, Bench, bench, consent, temperature

OLD = Quality.BEFORE_CONSULTATION
UNSURE = Quality.TIME_UNSURE
ATTACHED = Quality.ATTACHED_BY_HELPER


def finger(value: str) -> Reading:
    """Of an instrument that streams."""
    return replace(temperature(value), kind=Kind.OXIMETER)


def aside(kiosk: Bench) -> list[Reading]:
    """What the helper sees apart."""
    changes = [event for event in kiosk.told if isinstance(event, SetAsideChanged)]
    return list(changes[-1].readings) if changes else []


def marks(kiosk: Bench) -> list[frozenset[Quality]]:
    return [reading.quality for reading in aside(kiosk)]


async def kinds(kiosk: Bench, stream: str) -> list[str]:
    return [item.kind for item in await kiosk.outbox.items(stream)]


@pytest.mark.parametrize("clock", [Clock.DEVICE, Clock.CORRECTED])
@pytest.mark.parametrize(("ago_s", "why"), [(86_400, OLD), (2, OLD), (-60, UNSURE), (-86_400, UNSURE)])
async def test_what_may_be_anothers_is_set_aside_and_never_attached_by_itself(
    tmp_path: Path, clock: Clock, ago_s: float, why: Quality
) -> None:
    """An old memory; and one dated by a clock that runs ahead, which may be just as old."""
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        old = temperature(ago_s=ago_s, clock=clock)
        await kiosk.hub.reading(old)
        assert await kinds(kiosk, stream) == ["site", "open"]
        assert aside(kiosk) == [replace(old, quality=frozenset({why}))]
        assert Notice(NoticeReason.OLD_READING_SET_ASIDE, "thermometer") in kiosk.told
        assert kiosk.heard(ReadingShown) == []
        session = kiosk.keeper.session
        assert session is not None and session.set_aside == (old.id,)


@pytest.mark.parametrize("flag", [Quality.FROM_MEMORY, UNSURE])
async def test_a_memory_without_a_date_is_not_live(tmp_path: Path, flag: Quality) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(replace(temperature(), quality=frozenset({flag})))
        assert marks(kiosk) == [{flag, UNSURE}]
        assert kiosk.hub.counts.kept == 0


async def test_a_spot_check_that_an_oximeter_had_kept_is_set_aside(tmp_path: Path) -> None:
    """And one that was just taken is the patient's, as long as the device's clock is right."""
    stamp, decoder = Stamp(Kind.OXIMETER, DeviceIdentity("nonin_spot")), nonin_spot.Decoder()
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        shown = now().replace(tzinfo=None)
        kept = spot_check(shown - timedelta(days=1), 95, 61, from_memory=True)
        fresh, never_set = spot_check(shown, 97, 72), spot_check(shown.replace(year=2012), 97, 72)
        for event in decoder.feed(kept + fresh + never_set):
            if isinstance(event, Measured):
                await kiosk.hub.reading(stamp.reading(event))
        assert marks(kiosk) == [{Quality.FROM_MEMORY, OLD}, {OLD}]
        assert await kinds(kiosk, stream) == ["site", "open", "reading"]


async def test_what_was_measured_while_the_form_was_filled_in_is_offered(tmp_path: Path) -> None:
    """Not before consent, and not on the disk."""
    early = temperature("38.1")
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(PATIENT)
        await kiosk.hub.reading(early)
        assert aside(kiosk) == [] and (await kiosk.outbox.counts()).waiting == 0
        await kiosk.keeper.answer_consent(consent(given=True))
        assert aside(kiosk) == [replace(early, quality=frozenset({OLD}))]
        session = kiosk.keeper.session
        assert session is not None and await kinds(kiosk, str(session.id)) == ["site", "open"]
        await kiosk.hub.save()
        assert kiosk.keeper.session is not None and kiosk.keeper.session.set_aside == (early.id,)


async def test_what_came_just_before_the_session_is_offered_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.hub.reading(temperature(ago_s=60, clock=Clock.CORRECTED))
        assert kiosk.told == []
        await kiosk.consult()
        assert marks(kiosk) == [{OLD}]


async def test_what_waited_too_long_is_not_offered_and_counts_when_it_comes_again(tmp_path: Path) -> None:
    old = replace(temperature(ago_s=1800, clock=Clock.CORRECTED), clock_offset_s=Decimal(0))
    async with bench(tmp_path) as kiosk:
        await kiosk.hub.reading(old)
        await kiosk.consult()
        assert aside(kiosk) == []
        await kiosk.hub.reading(old)
        assert marks(kiosk) == [{OLD}]


async def test_attached_it_is_durable_before_it_is_shown_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        old = temperature(ago_s=600, clock=Clock.CORRECTED)
        await kiosk.hub.reading(old)
        await kiosk.hub.attach(old.id)
        attached = replace(old, quality=frozenset({OLD, ATTACHED}))
        assert kiosk.heard(ReadingShown) == [ReadingShown(attached)]
        assert aside(kiosk) == []
        assert await kinds(kiosk, stream) == ["site", "open", "reading"]
        assert await kiosk.keeper.readings() == (attached,)
        session = kiosk.keeper.session
        assert session is not None and session.set_aside == () and session.used == {Kind.THERMOMETER}
        assert [(d.reading, d.attached) for d in session.decisions] == [(old.id, True)]
        with pytest.raises(SessionError):
            await kiosk.hub.attach(old.id)
        assert len(kiosk.heard(ReadingShown)) == 1


async def test_discarded_it_is_gone_and_does_not_come_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        old = temperature(ago_s=600, clock=Clock.DEVICE)
        await kiosk.hub.reading(old)
        await kiosk.hub.discard(old.id)
        await kiosk.hub.reading(old)
        assert aside(kiosk) == []
        assert await kinds(kiosk, stream) == ["site", "open"]
        session = kiosk.keeper.session
        assert session is not None and session.set_aside == (old.id,)
        assert [(d.reading, d.attached) for d in session.decisions] == [(old.id, False)]


async def test_what_was_measured_during_the_form_is_offered_also_when_it_comes_late(tmp_path: Path) -> None:
    """The session had begun, but nobody had asked for a measurement."""
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(PATIENT)
        await kiosk.keeper.answer_consent(replace(consent(given=True), at=now() + timedelta(seconds=10)))
        await kiosk.hub.reading(temperature(ago_s=-5, clock=Clock.CORRECTED))
        assert marks(kiosk) == [{OLD}]


@pytest.mark.parametrize("end", ["finished", "abandoned", "refused"])
async def test_the_next_patients_helper_sees_nothing_of_it(tmp_path: Path, end: str) -> None:
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(PATIENT)
        await kiosk.hub.reading(temperature("39.9"))
        await kiosk.keeper.answer_consent(consent(given=end != "refused"))
        await (kiosk.keeper.abandon() if end == "abandoned" else _to_the_end(kiosk))
        assert aside(kiosk) == []
        await kiosk.consult()
        assert aside(kiosk) == []


async def _to_the_end(kiosk: Bench) -> None:
    if kiosk.keeper.session is not None and kiosk.keeper.session.phase is Phase.CONSULTATION:
        await kiosk.keeper.end()
        assert aside(kiosk) == [], "the summary shows what is this patient's alone"
    await kiosk.hub.reading(temperature("39.8"))  # too late for this patient, and not the next one's
    if kiosk.keeper.session is not None and kiosk.keeper.session.phase is Phase.CLOSING:
        await kiosk.keeper.finish()  # after a refusal the next patient is received at once


async def test_what_dates_from_an_earlier_session_is_counted_and_not_seen(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.keeper.abandon()
        await kiosk.consult()
        await kiosk.hub.reading(temperature("39.9", ago_s=60, clock=Clock.CORRECTED))
        assert kiosk.heard(SetAsideChanged)[-1] == SetAsideChanged((), more=1)
        assert kiosk.heard(Notice) == [], "there is nothing to decide"
        session = kiosk.keeper.session
        assert session is not None and len(session.set_aside) == 1


async def test_a_finger_that_was_in_the_clip_too_early_is_no_question(tmp_path: Path) -> None:
    """The stream goes on: what it said before is said again."""
    async with bench(tmp_path) as kiosk:
        await kiosk.hub.reading(finger("37.0"))
        await kiosk.hub.reading(finger("37.1"))
        await kiosk.consult()
        assert [str(r.quantities[0].value) for r in aside(kiosk)] == ["37.1"]
        await kiosk.hub.reading(finger("37.2"))
        assert aside(kiosk) == []


async def test_a_clock_that_nobody_could_read_is_believed_only_for_this_moment(tmp_path: Path) -> None:
    """A meter an hour ahead would date the result of the patient before into this consultation."""
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        reading = temperature(clock=Clock.DEVICE)
        later = now() + timedelta(minutes=10)
        assert doubt(reading, kiosk.keeper.session, now()) is None
        assert doubt(reading, kiosk.keeper.session, later) is UNSURE
        assert doubt(replace(reading, clock=Clock.CORRECTED), kiosk.keeper.session, later) is None


async def test_without_a_value_there_is_nothing_to_set_aside(tmp_path: Path) -> None:
    nothing = replace(temperature(), quantities=(Quantity(BODY_TEMPERATURE, absent=Absent.SENSOR_OFF),))
    picture = replace(temperature(), quantities=(), attachment=Attachment("image/jpeg", b"\xff\xd8"))
    async with bench(tmp_path) as kiosk:
        for reading in (nothing, picture):
            await kiosk.hub.reading(reading)
        assert kiosk.hub.counts.outside_session == 2
        await kiosk.consult()
        assert aside(kiosk) == []


async def test_the_same_act_from_the_memory_is_not_shown_twice(tmp_path: Path) -> None:
    live = temperature("37.4")
    stored = replace(
        temperature("37.4", ago_s=20, clock=Clock.CORRECTED), quality=frozenset({Quality.FROM_MEMORY})
    )
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(live)
        await kiosk.hub.reading(stored)
        assert aside(kiosk) == [] and kiosk.heard(ReadingShown) == [ReadingShown(live)]
        assert kiosk.hub.counts.duplicates == 1


async def test_after_a_restart_what_was_kept_is_known_and_the_outage_counts_as_before(tmp_path: Path) -> None:
    """Nobody asked for a measurement while the kiosk was off: somebody else may have used the cuff."""
    kept = temperature("37.4", ago_s=-1, clock=Clock.DEVICE)
    async with bench(tmp_path) as before:
        await before.consult()
        await before.hub.reading(kept)
    while_off = replace(temperature("37.5", clock=Clock.DEVICE), taken_at=now())
    async with bench(tmp_path) as after:
        session = await after.keeper.interrupted()
        assert session is not None and session.consent is not None
        session = replace(session, consent=replace(session.consent, at=now() - timedelta(hours=9)))
        for reading in await after.keeper.resume(session):
            after.hub.remember(reading)
        await after.hub.reading(replace(kept, id=uuid4()))
        assert after.hub.counts.duplicates == 1
        await after.hub.reading(replace(while_off, taken_at=while_off.taken_at - timedelta(hours=1)))
        assert marks(after) == [{OLD}]
        await after.hub.reading(temperature("37.6", ago_s=-5, clock=Clock.DEVICE))
        assert after.hub.counts.kept == 1
