"""The loudspeaker and the microphone in front of it: a tone goes out by one and comes in by the other."""

from collections.abc import Iterable

from kiosk.call.checks.figures import Output
from kiosk.call.checks.judging import LOW_VOLUME_PERCENT, SILENT_BELOW_DBFS
from kiosk.call.checks.output import find_output, try_output
from kiosk.call.settings import PcmSource
from kiosk.selftest.hearing import Heard, hear_tone
from kiosk.selftest.report import Check, Part, Problem, Verdict, amber, green, red

HARDLY_DBFS = -66.0


async def check_speaker(wanted: str, voice: PcmSource | None) -> tuple[Check, Heard | None]:
    """The check, and what the microphone heard. `wanted`: the output of the settings, "" for the default.

    `voice` None: nothing audible is played, because somebody sits there or the sound would not come back.
    """
    if voice is None:
        return judge_output(await try_output(wanted)), None
    output = await find_output(wanted)
    check = judge_output(output)
    if check.verdict is Verdict.RED:
        return check, None
    heard = await hear_tone(voice, output.name)
    return judge_tone(output.name, heard), heard


def judge_output(output: Output) -> Check:
    """What can be said without a sound."""
    detail = f"{output.volume_percent} %"
    if not output.server:
        return red(Part.SPEAKER, Problem.SERVER_MISSING)
    if not output.name:
        return red(Part.SPEAKER, Problem.NOT_FOUND)
    if output.muted or output.volume_percent < LOW_VOLUME_PERCENT:
        return red(Part.SPEAKER, Problem.SWITCHED_OFF, output.name, detail)
    if output.takes_sound is False:
        return red(Part.SPEAKER, Problem.NOT_WORKING, output.name, detail)
    return green(Part.SPEAKER, output.name, f"{detail}, no tone")


def judge_tone(name: str, heard: Heard) -> Check:
    detail = "no sound" if heard.tone is None else f"{heard.tone.level_dbfs:.0f} dBFS"
    if not heard.played:
        return red(Part.SPEAKER, Problem.NOT_WORKING, name, detail)
    if heard.tone is None or not heard.heard:
        return red(Part.SPEAKER, Problem.NOT_HEARD, name, detail)
    if heard.tone.level_dbfs < HARDLY_DBFS:
        return amber(Part.SPEAKER, Problem.HARDLY_HEARD, name, detail)
    return green(Part.SPEAKER, name, detail)


def judge_microphone(checks: Iterable[Check], heard: Heard | None) -> tuple[Check, ...]:
    """A microphone that is there and sends nothing, or digital silence, is deaf: no room is so quiet."""
    level = None if heard is None else heard.room
    deaf = heard is not None and (level is None or level.peak_dbfs <= SILENT_BELOW_DBFS)
    return tuple(_deaf(check) if deaf else check for check in checks)


def _deaf(check: Check) -> Check:
    microphone = check.part is Part.MICROPHONE and check.verdict is Verdict.GREEN
    return red(Part.MICROPHONE, Problem.SILENT, check.subject) if microphone else check
