"""Everything that is elsewhere, asked at once: line, relays, rendezvous, FHIR server, and the time there."""

import asyncio

from kiosk.call.checks.line import LineAddress
from kiosk.call.secret import new_nonce
from kiosk.call.settings import CallSettings
from kiosk.config import Config
from kiosk.selftest.causes import after
from kiosk.selftest.clock import check_clock, is_synchronised
from kiosk.selftest.fhir import ask_fhir
from kiosk.selftest.line import has_route, judge_line
from kiosk.selftest.network import Asked, ask_rendezvous
from kiosk.selftest.relays import ask_relays, join_rendezvous, own_relays
from kiosk.selftest.report import Check, Part, Verdict, green


async def check_servers(config: Config, settings: CallSettings) -> tuple[Check, ...]:
    """`settings`: the way a call of this kiosk goes."""
    meet = _ask_embedded if config.rendezvous.embedded else _ask_elsewhere
    fhir, (meeting, relays) = await asyncio.gather(ask_fhir(config.fhir), meet(config, settings))
    beyond = [fhir, *relays] if config.rendezvous.embedded else [fhir, meeting, *relays]
    line = judge_line(has_route(), beyond)
    ahead_s = next((each.ahead_s for each in (fhir, meeting) if each.ahead_s is not None), None)
    turn = [relays[0].check] if relays else []
    if not relays and not config.rendezvous.embedded and meeting.check.verdict is Verdict.RED:
        cause = Part.LINE if line.verdict is Verdict.RED else Part.RENDEZVOUS
        turn = [after(green(Part.TURN), cause)]  # it would have named them
    return (check_clock(ahead_s, is_synchronised()), line, *turn, meeting.check, fhir.check)


_Meeting = tuple[Asked, tuple[Asked, ...]]


async def _ask_embedded(config: Config, settings: CallSettings) -> _Meeting:
    relays = ask_relays(own_relays(config.turn.settings()), settings.turn_ca_file)
    return await asyncio.gather(ask_rendezvous(config.rendezvous, settings.page_url), relays)


async def _ask_elsewhere(config: Config, settings: CallSettings) -> _Meeting:
    """The page first: where it stands is what the physician's link points to."""
    address = LineAddress.of(settings, new_nonce(), local=False)
    page, (joined, servers) = await asyncio.gather(
        ask_rendezvous(config.rendezvous, settings.page_url), join_rendezvous(address)
    )
    meeting = joined if page.check.verdict is Verdict.GREEN else page
    relays = await ask_relays(servers, settings.turn_ca_file)
    return meeting, relays
