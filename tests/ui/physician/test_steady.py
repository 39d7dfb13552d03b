"""How long voice and pictures wait at the page, so that lips and voice are together."""

from typing import Any

from playwright.async_api import Page

from tests.fakes.call_bench import Bench

# [behindMs, faceNowMs, voiceNowMs] of each second; answers [faceMs, voiceMs] after each.
_LIPS = """async (seen) => {
  const { LipSync } = await import("/steady.js");
  const lips = new LipSync();
  return seen.map((look) => (lips.see(...look), [lips.faceMs, lips.voiceMs]));
}"""
# [loss, ms that the voice is behind the face] of each second, of looks as the page takes them; answers what
# the voice, the face and the otoscope are asked to wait.
_WAITS = """async (seen) => {
  const { Steady } = await import("/steady.js");
  const receiver = () => ({ receiver: { jitterBufferTarget: null } });
  const peer = { voice: receiver(), face: receiver(), otoscope: receiver() };
  const report = (second) => ({ jitterBufferDelay: second * 0.5, jitterBufferEmittedCount: second * 10 });
  const look = (second, behindMs) => (
    { voice: report(second), face: report(second), behindMs: behindMs ?? undefined }
  );
  const steady = new Steady();
  return seen.map(([loss, behindMs], second) => {
    steady.see(peer, loss, look(second, behindMs), look(second + 1, behindMs));
    return Object.values(peer).map(({ receiver }) => receiver.jitterBufferTarget);
  });
}"""

# Each line lasts half a minute; a buffer holds what it is asked to, or what it needs. Answers what both
# wait at its end.
_AN_HOUR = """async (needs) => {
  const { LipSync } = await import("/steady.js");
  const lips = new LipSync(), waits = [];
  for (let line = 0; line < 120; line++) {
    const [faceNeeds, voiceNeeds] = needs[line % needs.length];
    let face, voice;
    for (let second = 0; second < 30; second++) {
      face = Math.max(faceNeeds, lips.faceMs);
      voice = Math.max(voiceNeeds, lips.voiceMs);
      lips.see(voice - face, face, voice);
    }
    waits.push([face, voice]);
  }
  return waits;
}"""


async def lips(page: Page, kiosk: Bench, *seen: tuple[float | None, float, float]) -> list[list[float]]:
    await page.goto(kiosk.link)
    waits: list[list[float]] = await page.evaluate(
        _LIPS.replace("...look", "look[0] ?? undefined, look[1], look[2]"), [list(look) for look in seen]
    )
    return waits


async def test_the_face_waits_for_a_late_voice_and_returns_with_it(page: Page, kiosk: Bench) -> None:
    seen = ((600, 100, 700), (50, 690, 740), (-300, 740, 440), (-440, 440, 0))
    assert await lips(page, kiosk, *seen) == [[700, 0], [740, 0], [440, 0], [0, 0]]


async def test_an_hour_of_changing_lines_leaves_no_delay_behind(page: Page, kiosk: Bench) -> None:
    await page.goto(kiosk.link)
    needs = [[50, 40], [160, 60], [130, 400], [90, 300], [60, 60]]  # of the face and the voice, by line
    waits = await page.evaluate(_AN_HOUR, needs)
    assert all(abs(face - voice) <= 30 for face, voice in waits)
    assert all(max(wait) - max(need) <= 20 for wait, need in zip(waits, needs * 24, strict=True))


async def test_the_voice_waits_for_a_late_face_but_not_forever(page: Page, kiosk: Bench) -> None:
    seen = ((-100, 200, 40), (-900, 1100, 140), (500, 200, 400))
    assert await lips(page, kiosk, *seen) == [[0, 140], [0, 400], [0, 0]]


async def test_nothing_waits_for_pictures_that_do_not_come(page: Page, kiosk: Bench) -> None:
    """A picture that stands for a second or two, as on a bad line, changes nothing."""
    seen = ((-100, 200, 40), *[(None, 0, 140)] * 3)
    assert await lips(page, kiosk, *seen) == [[0, 140], [0, 140], [0, 140], [0, 0]]


async def test_a_buffer_that_shrinks_slowly_is_not_asked_for_more_than_is_needed(
    page: Page, kiosk: Bench
) -> None:
    seen = ((600, 100, 700), (-300, 700, 400), (-200, 600, 400), (-100, 500, 400))
    assert await lips(page, kiosk, *seen) == [[700, 0], *[[400, 0]] * 3]


async def test_a_face_that_cannot_come_earlier_is_waited_for(page: Page, kiosk: Bench) -> None:
    seen = ((300, 100, 400), *[(-60, 460, 400)] * 6)
    assert await lips(page, kiosk, *seen) == [*[[400, 0]] * 5, [0, 0], [0, 400]]


async def test_a_bad_line_is_given_time_and_a_good_one_is_not(page: Page, kiosk: Bench) -> None:
    await page.goto(kiosk.link)
    seen: list[Any] = [[0.03, 0], [0.05, 0], [0.02, 0], [0.0, 0], [0.05, 300], *[[0.0, None]] * 3]
    assert await page.evaluate(_WAITS, seen) == [
        [80, None, None],
        [80, 130, 130],
        [80, 130, 130],
        [None, None, None],
        [80, 350, 130],  # 50 ms it waits anyhow
        *[[None, 350, None]] * 2,
        [None, None, None],
    ]
