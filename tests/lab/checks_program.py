"""The program itself: its self-test of cameras, and how it ends."""

from tests.lab.room_inside import Inside


def prepare(_inside: Inside) -> None: ...


async def interrupted(inside: Inside) -> str:
    """The last of all."""
    code = await inside.program.interrupt()
    assert code == 0, f"it ended with {code}"
    return f"{inside.program.file} ended"


CHECKS = {"Ctrl+C": interrupted}
