"""The record survives the disk, byte for byte, and nothing else is taken for a record."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.metrics import ALL_METRICS
from devices.reading import (
    Absent,
    Attachment,
    Clock,
    DeviceIdentity,
    Kind,
    Quality,
    Quantity,
    Reading,
)
from kiosk import record
from kiosk.session import Session
from tests.kiosk.records import SITE, closed, readings, session

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-999, max_value=999)
METRICS = st.sampled_from(list(ALL_METRICS.values()))
QUANTITIES = st.builds(Quantity, METRICS, NUMBERS) | st.builds(
    Quantity, METRICS, st.none(), st.sampled_from(Absent)
)
READINGS = st.builds(
    Reading,
    id=st.uuids(),
    kind=st.sampled_from(Kind),
    identity=st.builds(DeviceIdentity, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    taken_at=st.datetimes(timezones=st.just(UTC)),
    clock=st.sampled_from(Clock),
    quantities=st.lists(QUANTITIES, max_size=4).map(tuple),
    quality=st.frozensets(st.sampled_from(Quality)),
    raw=st.binary(max_size=40),
    attachment=st.none() | st.builds(Attachment, TEXT, st.binary(max_size=40), TEXT),
    clock_offset_s=st.none() | NUMBERS,
)


@given(READINGS)
def test_a_reading_comes_back_as_it_was(reading: Reading) -> None:
    data = record.encode_reading(reading)
    assert record.decode_reading(data) == reading
    assert record.encode_reading(record.decode_reading(data)) == data


def test_a_value_keeps_its_digits() -> None:
    value = readings()[0].quantities[2].value
    assert str(value) == "3.40"
    back = record.decode_reading(record.encode_reading(readings()[0])).quantities[2].value
    assert str(back) == "3.40"


@pytest.mark.parametrize(
    "each", [session(), closed(), Session(UUID(int=1), "S", closed().kind, closed().opened_at)]
)
def test_a_session_comes_back_as_it_was(each: Session) -> None:
    data = record.encode_session(each)
    assert record.decode_session(data) == each
    assert record.encode_session(record.decode_session(data)) == data


def test_every_field_of_a_session_is_kept() -> None:
    kept = json.loads(record.encode_session(closed()))["data"]
    assert set(kept) == {f.name for f in fields(Session)}


def test_the_four_payloads() -> None:
    now, first = session(), readings()[3]
    assert record.decode_payload("site", record.site_payload(SITE)) == record.SitePayload(SITE)
    back = record.decode_payload("reading", record.reading_payload(SITE, now, first))
    assert isinstance(back, record.ReadingPayload)
    assert (back.reading, back.session.id) == (first, now.id)
    assert record.decode_reading_payload(record.reading_payload(SITE, now, first)) == back
    end = record.decode_payload("close", record.close_payload(SITE, closed(), readings()))
    assert isinstance(end, record.ClosePayload)
    assert [r.id for r in end.readings] == [r.id for r in readings()]
    assert not any(r.raw for r in end.readings)
    assert all(r.attachment is None or not r.attachment.data for r in end.readings)


def test_the_ins_number_is_kept_on_disk_and_never_in_what_is_sent() -> None:
    now = session()
    assert now.patient is not None
    ins = now.patient.ins.encode()
    assert ins in record.encode_session(now)
    assert ins not in record.open_payload(SITE, now)
    assert ins not in record.close_payload(SITE, closed())


def test_a_reading_of_before_the_offset_was_kept_is_still_read() -> None:
    first = readings()[0]
    document = json.loads(record.encode_reading(first))
    del document["data"]["clock_offset_s"]
    assert record.decode_reading(json.dumps(document).encode()) == first


def test_a_session_of_before_the_decisions_were_kept_is_still_read() -> None:
    document = json.loads(record.encode_session(session()))
    for name in ("decisions", "set_aside_more"):
        del document["data"][name]
    assert record.decode_session(json.dumps(document).encode()) == session()


def test_frames_are_hex_and_attachments_base64() -> None:
    data = json.loads(record.encode_reading(readings()[3]))["data"]
    assert data["raw"] == "0102"
    assert data["attachment"]["data"] == "/9hzeW50aGV0aWP/2Q=="


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"v":2,"data":{}}',
        b'{"v":1,"data":{"id":"x"}}',
        b'{"v":1,"data":7}',
        b"\xff",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    for decode in (record.decode_session, record.decode_reading, record.decode_site):
        with pytest.raises(record.RecordError):
            decode(data)


def test_a_damaged_value_is_refused() -> None:
    good = record.encode_reading(readings()[0])
    for old, new in ((b'"97"', b'"NaN"'), (b'"spo2"', b'"spo9"'), (b"+00:00", b""), (b'"0102"', b'"01zz"')):
        assert old in good
        with pytest.raises(record.RecordError):
            record.decode_reading(good.replace(old, new))


def test_what_has_no_place_in_a_record_is_refused() -> None:
    wrong = replace(readings()[0], quantities=(Quantity(ALL_METRICS["spo2"], Decimal("NaN")),))
    with pytest.raises(record.RecordError):
        record.encode_reading(wrong)
    with pytest.raises(record.RecordError):
        record.reading_payload(SITE, replace(session(), patient=None), readings()[0])
    with pytest.raises(record.RecordError):
        record.decode_payload("other", b"{}")


def test_the_same_moment_gives_the_same_bytes() -> None:
    again = replace(readings()[0], taken_at=datetime.fromisoformat("2026-11-22T08:03:00+00:00"))
    assert record.encode_reading(again) == record.encode_reading(readings()[0])
