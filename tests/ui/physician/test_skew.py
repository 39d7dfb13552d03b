"""How far the voice comes behind the lips at the page."""

from playwright.async_api import Page

from tests.fakes.call_bench import Bench
from tests.ui.physician.visit import join

# [voice played at ms, its RTP time, face played at ms, its RTP time] of each look; answers what they say.
_TAKEN = """async ([clocks, looks]) => {
  const { Skew } = await import("/skew.js");
  const now = {};
  const receiver = (name) => ({ getSynchronizationSources: () => now[name] ? [now[name]] : [] });
  const skew = new Skew(receiver("voice"), receiver("face"));
  if (clocks) skew.told(clocks);
  for (const [voiceMs, voice, faceMs, face] of looks) {
    now.voice = { timestamp: voiceMs, rtpTimestamp: voice };
    now.face = { timestamp: faceMs, rtpTimestamp: face };
    skew.look();
  }
  return [skew.take() ?? null, skew.take() ?? null];
}"""
_CLOCKS = {"voice": 2**32 - 4800, "face": 900}


async def taken(
    page: Page, kiosk: Bench, looks: list[list[int]], clocks: object = _CLOCKS
) -> list[float | None]:
    await page.goto(kiosk.link)
    found: list[float | None] = await page.evaluate(_TAKEN, [clocks, looks])
    return found


async def test_the_voice_is_as_late_as_it_takes_longer(page: Page, kiosk: Bench) -> None:
    """Sound and picture of 100 and 150 ms after the instant of the clocks are played together."""
    assert await taken(page, kiosk, [[1200, 0, 1200, 900 + 150 * 90]]) == [50, None]


async def test_the_middle_one_of_several_looks_counts(page: Page, kiosk: Bench) -> None:
    looks = [[1200 + late, 0, 1200, 900 + 90 * late] for late in (1, 2, 99)]
    assert await taken(page, kiosk, looks) == [-96, None]


async def test_a_picture_that_stands_says_nothing(page: Page, kiosk: Bench) -> None:
    assert await taken(page, kiosk, [[1200, 0, 1200, 9900], [2200, 960, 1200, 9900]]) == [0, None]


async def test_nothing_is_known_before_the_kiosk_has_told_its_clocks(page: Page, kiosk: Bench) -> None:
    assert await taken(page, kiosk, [[1200, 0, 1200, 9900]], clocks=None) == [None, None]


_WATCH = """
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...how) {
    const channel = make.apply(this, how);
    globalThis.watched = this;
    channel.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "clocks") globalThis.clocks = message;
    });
    return channel;
  };"""
_SKEW_NOW = """async () => {
  if (!globalThis.clocks) return null;
  const { Skew } = await import("/skew.js");
  const [voice, face] = watched.getTransceivers().map(({ receiver }) => receiver);
  const skew = new Skew(voice, face);
  skew.told(clocks);
  skew.look();
  return skew.take() ?? null;
}"""
_STREAMS = r"() => [...watched.remoteDescription.sdp.matchAll(/^a=msid:(\S+)/gm)].map(([, stream]) => stream)"


async def test_in_a_call_lips_and_voice_are_together_by_our_control_alone(page: Page, kiosk: Bench) -> None:
    await page.add_init_script(_WATCH)
    await join(page, kiosk.link)
    voice, face, *_ = await page.evaluate(_STREAMS)
    assert voice == f"voice-{face}"
    found: float | None = None
    for _ in range(40):  # the first seconds of a call, on a machine that is busy
        await page.wait_for_timeout(250)
        found = await page.evaluate(_SKEW_NOW)
        if found is not None and abs(found) < 150:
            return
    raise AssertionError(f"the voice is {found} ms behind the lips")
