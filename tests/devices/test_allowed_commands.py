"""What may be sent to an instrument: each protocol's list, and that nothing else can be made or declared."""

from functools import reduce
from inspect import getmembers, isfunction
from operator import xor

import pytest

from devices import catalog, omron_eeprom, taidoc, viatom
from devices.catalog import (
    ascensia_contour,
    contec_ble,
    lifescan_ultraeasy,
    masimo_mightysat,
    sd_codefree,
    taidoc_glucose_usb,
)
from devices.crc import crc8
from devices.device import BleMatch, PortMatch, SerialMatch, nothing
from devices.event import Send
from devices.pictures import BulkCameraMatch
from devices.reading import Kind
from tests.fakes.frames import contec_v7_packet

# Its greeting, how many results, and the first user's results; 41 may erase them.
CONTEC_08A = ("408ffffefdfc", "428ffffefdfc", "434101040200")
# What is sent unasked, beside the time of day: a new command is a decision. What a decoder wants sent: below.
SENT = {
    "ascensia_contour": {"4142430106".ljust(128, "0")},  # go on
    "contec_cms50_v7": {"7d81a1808080808080", "7d81a2808080808080", "7d81af808080808080"},
    "contec_08a": {command.ljust(128, "0") for command in CONTEC_08A},
    "contec_ble": {"8909", "8e0513", "9b011c", "8606", "9a1a"},
    "lifescan_ultraeasy": {"02060803c262"},
    "sig_glucose": {"0106"},  # report the last record; 02 would delete
    "sig_pulse_oximeter": {"0106"},
    "masimo_mightysat": {"77020107", "7705031f0003d6"},
    "ascii_cuff": {"0231383b3b444603"},  # its state; 01 and 03 would start it
    "suntech_advantage": {"3a7903004a"},  # its last result; 20, 28 and 87 would start it
    "taidoc_glucose": {"512300000000a317", "512400000000a318", "512500000000a319", "512600000000a31a"},
    "taidoc_glucose_usb": {"512200000000a316"},  # whether it is there
    "useeplus_otoscope": {
        "ff55ff55ee10",
        "bbaa050000",
    },  # greeting, and pictures; 0D would write
    "viatom_o2ring": {"aa17e8000000001b"},
}


@pytest.mark.parametrize("key", catalog.by_key())
def test_a_device_is_sent_what_is_listed_here_and_nothing_else(key: str) -> None:
    match, sent = catalog.by_key()[key].match, set[bytes]()
    if isinstance(match, PortMatch | BleMatch):
        sent = {*match.start, match.keep_alive}
    if isinstance(match, BleMatch) and match.features is not None:
        sent |= {match.features.question}
    if isinstance(match, SerialMatch):
        sent |= {*match.stop}
    if isinstance(match, BulkCameraMatch):
        sent = {command for _, command in match.start}
    assert {command.hex() for command in sent if command} == SENT.get(key, set())


ASKED_OF_A_RING = {0x03, 0x04, 0x05, 0x14, 0x17}  # 16 would set it, 18 reset it


def test_a_ring_can_be_asked_but_neither_set_nor_reset() -> None:
    match = catalog.by_key()["viatom_o2ring"].match
    assert isinstance(match, BleMatch)
    for command in range(256):
        name = "20261129224107" if command == 0x03 else ""
        if command in ASKED_OF_A_RING:
            assert match.may_send(Send(viatom.request(command, name)), False)
        else:
            with pytest.raises(ValueError, match="not allowed"):
                viatom.request(command, name)
        for data in (b"", b"\x00", b'{"SetMotor":0}', b"20261129224107\x00", b"../../20261129\x00"):
            passes = match.may_send(Send(_ring_frame(command, data)), False)
            asked = b"20261129224107\x00" if command == 0x03 else b""
            assert passes is (command in ASKED_OF_A_RING and data == asked)


def test_of_a_rings_file_the_first_block_alone_is_read() -> None:
    assert viatom.may_send(_ring_frame(0x04, b""))
    assert not any(viatom.may_send(_ring_frame(0x04, b"", block)) for block in range(1, 300))


def _ring_frame(command: int, data: bytes, block: int = 0) -> bytes:
    frame = bytes((0xAA, command, command ^ 0xFF)) + block.to_bytes(2, "little")
    frame += len(data).to_bytes(2, "little") + data
    return frame + bytes((crc8(frame),))


def test_a_contec_is_read_and_can_be_erased_or_set_by_nothing() -> None:
    """AE erases, B1 and B2 set the clock, 04 sets the device's id."""
    match = catalog.by_key()["contec_cms50_v7"].match
    assert isinstance(match, SerialMatch)
    passed = {
        opcode
        for opcode in range(256)
        for arguments in ((0, 0), (1, 2), (0xFF, 0xFF))
        if match.may_send(contec_v7_packet(0x7D, bytes((opcode, *arguments, 0, 0, 0, 0))))
    }
    assert passed == {*range(0xA1, 0xA8), 0xAA, 0xAF}
    about_a_segment = {0xA4, 0xA5, 0xA6}
    for opcode in passed:
        of_one = contec_v7_packet(0x7D, bytes((opcode, 1, 2, 0, 0, 0, 0)))
        assert match.may_send(of_one) is (opcode in about_a_segment)
        assert not match.may_send(contec_v7_packet(0x7D, bytes((opcode, 0, 0, 1, 0, 0, 0))))
        assert not match.may_send(of_one[:-1])
    assert not match.may_send(contec_v7_packet(0x04, b"0000001"))


def test_an_old_contec_is_told_to_hand_over_and_to_be_live_again() -> None:
    match = catalog.by_key()["contec_cms50_old"].match
    assert isinstance(match, SerialMatch)
    told = {bytes((byte,)) * times for byte in range(256) for times in (1, 2, 3, 4)}
    assert {command.hex() for command in told if match.may_send(command)} == {"f5f5", "f6f6f6"}


@pytest.mark.parametrize("body", [b"\x81", b"\x82", b"\x9b\x00", b"\x9b\x7f", b""])
def test_a_contec_is_only_started(body: bytes) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        contec_ble.command(body)


@pytest.mark.parametrize(
    "payload", [b"\x02\x00\x00\x00\x00", b"\x06\x9b\x00\x00\x00", b"\x07", b"\x03\x00\x00\x00", b""]
)
def test_a_mightysat_is_asked_and_started_but_neither_set_nor_cleared(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        masimo_mightysat.request(payload)


def test_a_thermometer_that_can_be_erased_is_sent_nothing() -> None:
    """An AOJ-20A erases its records when told D4: no characteristic to write to is even declared."""
    match = catalog.by_key()["aoj20a"].match
    assert isinstance(match, BleMatch)
    assert match.write == ""


@pytest.mark.parametrize("command", [0x33, 0x43, 0x50, 0x52])
def test_a_taidoc_cannot_be_cleared_set_started_or_switched_off(command: int) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        taidoc.request(command)


def test_a_taidoc_at_its_cable_is_asked_for_its_model_its_clock_and_its_newest_result() -> None:
    for command in range(256):
        body = bytes((0x51, command, 0, 0, 0, 0, 0xA3))
        frame = body + bytes((sum(body) & 0xFF,))
        assert taidoc_glucose_usb.may_send(frame) is (command in (0x23, 0x24, 0x25, 0x26))


def test_a_contour_is_told_to_go_on_or_to_say_it_again_and_never_to_take_commands() -> None:
    """05 would begin its command mode, in which it is set."""
    for character in range(256):
        report = (b"ABC\x01" + bytes((character,))).ljust(64, b"\x00")
        assert ascensia_contour.may_send(report) is (character in (0x06, 0x15))
    assert not ascensia_contour.may_send(b"ABC\x02W|".ljust(64, b"\x00"))


def test_a_lifescan_is_answered_and_its_records_are_read_and_nothing_is_written() -> None:
    for command in range(256):
        message = bytes((5, command, 1, 0))
        assert lifescan_ultraeasy.may_send(lifescan_ultraeasy.packet(0, message)) is (command == 0x1F)
        assert not lifescan_ultraeasy.may_send(lifescan_ultraeasy.packet(0, message[:2]))
        assert not lifescan_ultraeasy.may_send(lifescan_ultraeasy.packet(0x10, message))


def test_a_cuff_is_never_started_from_here() -> None:
    """Neither a declaration nor an answer of a cuff holds what inflates, resets or sets one."""
    cuffs = [device for device in catalog.devices() if Kind.CUFF in (device.kind, *device.also)]
    ports = [device.match for device in cuffs if isinstance(device.match, PortMatch)]
    sent = {command for match in ports for command in (*match.start, match.keep_alive) if command}
    reports = {bytes.fromhex(begin).ljust(64, b"\0") for begin in CONTEC_08A}
    assert sent == {bytes.fromhex("3a7903004a"), b"\x0218;;DF\x03", *reports}
    assert not [match for match in ports if isinstance(match, SerialMatch) and match.stop]
    assert all(match.may_send is nothing for match in ports)


def test_a_codefree_is_answered_with_two_packets_alone() -> None:
    allowed = {sd_codefree.packet(b"\x10" + bytes((second,))) for second in (0x40, 0x60)}
    assert all(map(sd_codefree.may_send, allowed))
    for message in (b"ADATE202611280930", b"\x10\x10", b"\x10\x30", b"\x10\x70"):
        assert not sd_codefree.may_send(sd_codefree.packet(message))


OMRONS = ("omron_hem7155t", "omron_hem7361t")


def _omron_frame(kind: int, data: bytes = b"") -> bytes:
    """Sound, and about where the settings and the calibration of such a cuff begin."""
    body = bytes((8 + len(data), kind >> 8, kind & 0xFF, 0x00, 0x54, 8)) + data + b"\x00"
    return body + bytes((reduce(xor, body),))


@pytest.mark.parametrize("key", OMRONS)
def test_an_omrons_memory_is_read_and_can_be_written_by_nothing(key: str) -> None:
    match = catalog.by_key()[key].match
    assert isinstance(match, BleMatch)
    for pairing in (False, True):
        passed = {
            kind
            for kind in range(0x10000)
            for data in (b"", bytes(8))
            if match.may_send(Send(_omron_frame(kind, data), omron_eeprom.ASK), pairing)
        }
        assert passed == {0x0100}
    made = (omron_eeprom.START, omron_eeprom.END, omron_eeprom.read(0x0054, 8))
    assert all(match.may_send(Send(command, omron_eeprom.ASK), False) for command in made)
    assert {command[1:3].hex() for command in made} == {"0000", "0f00", "0100"}
    assert not any(match.may_send(Send(command, match.subscribe[0]), True) for command in made)
    assert not match.may_send(Send(omron_eeprom.read(0x0054, 8) + b"\x00", omron_eeprom.ASK), True)


def test_nothing_makes_a_command_for_an_omron_but_the_one_that_reads() -> None:
    functions = getmembers(omron_eeprom, isfunction)
    assert [name for name, made in functions if made.__annotations__.get("return") is bytes] == ["read"]


@pytest.mark.parametrize("key", OMRONS)
def test_an_omron_is_given_a_key_while_it_shows_its_pairing_mode_and_never_else(key: str) -> None:
    match = catalog.by_key()[key].match
    assert isinstance(match, BleMatch)
    keys = [bytes((opcode,)) + omron_eeprom.SHOW_KEY[1:] for opcode in range(256)] + [
        omron_eeprom.IS_ENCRYPTED
    ]
    told = {pairing: _passed(match, keys, pairing) for pairing in (False, True)}
    assert told[False] == {omron_eeprom.SHOW_KEY}
    assert told[True] == {omron_eeprom.IS_ENCRYPTED, omron_eeprom.SET_KEY, omron_eeprom.SHOW_KEY}
    assert match.shows_pairing is not None


def _passed(match: BleMatch, commands: list[bytes], pairing: bool) -> set[bytes]:
    return {each for each in commands if match.may_send(Send(each, omron_eeprom.UNLOCK), pairing)}


ANSWERED = (
    *(device.key for device in catalog.devices() if device.recordings),
    "ascensia_contour",
    "lifescan_ultraeasy",
    "sd_codefree",
    "taidoc_glucose_usb",
    *OMRONS,
)


@pytest.mark.parametrize("key", catalog.by_key())
def test_who_is_answered_is_named_here(key: str) -> None:
    match = catalog.by_key()[key].match
    answered = isinstance(match, PortMatch | BleMatch) and match.may_send is not nothing
    assert answered is (key in ANSWERED)
