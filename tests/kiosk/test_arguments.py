"""What the command line takes for a number."""

import pytest

from kiosk.__main__ import main


@pytest.mark.parametrize("seconds", ["-3", "nan", "inf", "0", "soon"])
@pytest.mark.parametrize("command", [("selftest",), ("devices", "watch"), ("echo",)])
def test_a_time_that_is_none_is_refused(
    command: tuple[str, ...], seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, f"--seconds={seconds}"])
    assert ended.value.code == 2 and seconds in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["-1", "nan"])
def test_a_speed_that_is_none_is_refused(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["devices", "replay", "capture", f"--speed={speed}"])
    assert ended.value.code == 2 and speed in capsys.readouterr().err
