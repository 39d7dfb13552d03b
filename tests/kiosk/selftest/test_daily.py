"""Every morning by itself: never during a session, made up for when it was missed, kept over a restart."""

import asyncio
import stat
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from kiosk.__main__ import main
from kiosk.events import SelfTestChanged
from kiosk.selftest import running
from kiosk.selftest.daily import SelfTests
from kiosk.selftest.report import Part, Problem, Report, Verdict, Zone, green, red, skipped
from tests.fakes.polling import until
from tests.kiosk.test_config import GOOD
from tests.kiosk.whole import config_in, whole_kiosk

FOUND = (red(Part.LINE, Problem.NO_NETWORK), skipped(Part.SCREEN, Problem.NEEDS_SOMEBODY))


@dataclass
class Site:
    """A kiosk that is looked after: who is there, and what was looked at."""

    file: Path
    somebody: bool = False
    lasts: bool = False
    idle_checks: list[bool] = field(default_factory=list)
    stopped: int = 0
    told: list[Report] = field(default_factory=list)

    def tests(self, at: time | None = time(0, 0)) -> SelfTests:
        return SelfTests(self.check, lambda: not self.somebody, self.told.append, self.file, at)

    async def check(self, idle: bool) -> Report:
        self.idle_checks.append(idle)
        try:
            if self.lasts:
                await asyncio.Event().wait()
        finally:
            self.stopped += 1
        return Report(FOUND)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "selftest.json")


async def watched(tests: SelfTests, site: Site, count: int) -> None:
    watch = asyncio.create_task(tests.watch(settle_s=0, look_s=0.01))
    await until(lambda: len(site.told) >= count)
    await asyncio.sleep(0.05)
    watch.cancel()
    await asyncio.wait([watch])


async def test_it_runs_when_it_is_time_and_once_a_day(site: Site) -> None:
    tests = site.tests()
    tests.load()
    assert site.told == [], "nothing is known yet"
    await watched(tests, site, 1)
    assert site.idle_checks == [True]
    again = site.tests()
    again.load()
    assert [report.checks for report in site.told] == [FOUND, FOUND], "kept over a restart"
    await watched(again, site, 2)
    assert site.idle_checks == [True], "today it was done"
    again.last = replace(again.last or Report(()), made_at=datetime.now().astimezone() - timedelta(days=1))
    await watched(again, site, 3)
    assert site.idle_checks == [True, True]
    assert stat.S_IMODE(site.file.stat().st_mode) == 0o600


async def test_a_session_comes_first(site: Site) -> None:
    site.somebody, site.lasts = True, True
    tests = site.tests()
    watch = asyncio.create_task(tests.watch(settle_s=0, look_s=0.01))
    await asyncio.sleep(0.1)
    assert site.idle_checks == []
    site.somebody = False
    await until(lambda: site.idle_checks == [True])
    await tests.interrupt()
    site.somebody = True
    assert site.stopped == 1 and not site.file.exists()
    site.somebody, site.lasts = False, False
    await until(lambda: site.told)
    watch.cancel()
    await asyncio.wait([watch])


async def test_who_looks_during_a_session_hears_no_tone_and_keeps_nothing(site: Site) -> None:
    site.somebody = True
    assert await site.tests().run() is not None
    assert site.idle_checks == [False]
    assert not site.told and not site.file.exists()


async def test_two_who_ask_at_once_get_the_same_and_both_learn_that_somebody_came(site: Site) -> None:
    tests = site.tests(None)
    first, second = await asyncio.gather(tests.run(), tests.run())
    assert first is second and len(site.told) == 1
    site.lasts = True
    asked = asyncio.create_task(tests.run())
    await until(lambda: len(site.idle_checks) == 2)
    await tests.interrupt()
    assert await asked is None


async def test_never_means_never(site: Site) -> None:
    await asyncio.wait_for(site.tests(None).watch(settle_s=0, look_s=60), 5)
    assert site.idle_checks == []


async def test_what_somebody_touched_takes_its_place_in_the_report(site: Site) -> None:
    tests = site.tests(None)
    await tests.keep_touch((), ())
    assert tests.last is None
    await tests.run()
    await tests.keep_touch((Zone.CENTRE,), ())
    again = site.tests(None)
    again.load()
    assert again.last is not None
    assert [check.subject for check in again.last.reds] == ["", "centre"]


async def test_a_disk_that_keeps_no_report_does_not_hide_it(site: Site) -> None:
    site.file = site.file / "no-folder" / "selftest.json"
    assert await site.tests().run() is not None
    assert [report.red for report in site.told] == [True]


async def test_a_whole_kiosk_looks_after_itself_and_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "OPENING_S", 0.5)  # nothing is plugged in that could show up later
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        asked = asyncio.create_task(whole.kiosk.run_selftest())
        await until(lambda: whole.kiosk.instruments.otoscope_on)
        await whole.receive()
        assert await asked is None
        assert not whole.kiosk.instruments.otoscope_on and not whole.kiosk.instruments.face._wanted
        assert whole.heard(SelfTestChanged) == []
        await whole.kiosk.cancel()
        report = await whole.kiosk.run_selftest()
        assert report is not None and report.red
        assert not whole.kiosk.instruments.otoscope_on
    assert {check.part for check in report.checks} >= {Part.DISK, Part.SPEAKER, Part.LINE, Part.FHIR}
    async with whole_kiosk(config) as whole:
        await until(lambda: whole.heard(SelfTestChanged))
        (kept,) = whole.heard(SelfTestChanged)
        assert kept.report.checks == report.checks


def test_the_command_prints_what_was_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "telecabine.toml"
    settings.write_text(GOOD)
    last = ["--config", str(settings), "selftest", "--last"]
    assert main(last) == 2, "nothing was kept yet"
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "selftest.json"
    file.write_text(Report(FOUND).to_json())
    capsys.readouterr()
    assert main(last) == 1
    assert "En panne" in capsys.readouterr().out
    file.write_text(Report((green(Part.LINE),)).to_json())
    assert main([*last, "--json"]) == 0
    assert Verdict.GREEN in capsys.readouterr().out
