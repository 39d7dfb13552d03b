"""A D-Bus of our own, to stand in for the system bus (DBUS_SYSTEM_BUS_ADDRESS)."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

# Clients of the system bus check nothing, and a bus of type session needs no policy files.
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@asynccontextmanager
async def private_bus() -> AsyncIterator[str]:
    """The address of a running dbus-daemon that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="private-bus-") as folder:
        configuration = Path(folder) / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(socket=Path(folder) / "socket"))
        daemon = await asyncio.create_subprocess_exec(
            "dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address=1",
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert daemon.stdout is not None
        address = (await daemon.stdout.readline()).decode().strip()
        try:
            yield address
        finally:
            daemon.terminate()
            await daemon.wait()
