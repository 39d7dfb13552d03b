"""The guest: QEMU with the host's tree, a line for Bluetooth, and a USB serial adapter that can be pulled."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

from tests.lab import kernel

_MEMORY_MB = 2048
_FIRST_WORD_S = 15.0
_ADAPTER = "ftdi"
SERIAL_NUMBER = "FT0001"


class Machine:
    """`folder` holds its sockets: `adapter` must be listened to before `start`."""

    def __init__(self, folder: Path, tree: Path, program: Path, hci_port: int) -> None:
        self.adapter = folder / "adapter.sock"
        self._qmp_path = folder / "qmp.sock"
        self._folder, self._tree, self._hci_port = folder, tree, hci_port
        self._program = program
        self._process: Process | None = None
        self._qmp: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def start(self, only: str = "", emulate: bool = False) -> None:
        """By KVM where that starts a kernel within a quarter of a minute, else emulated."""
        if not emulate and os.access("/dev/kvm", os.R_OK | os.W_OK):
            await self._launch(only, fast=True)
            if await self._speaks():
                return
            await self.stop()
        await self._launch(only, fast=False)

    async def _speaks(self) -> bool:
        """Some machines have a KVM in which nothing runs."""
        assert self._process is not None and self._process.stdout is not None
        try:
            async with asyncio.timeout(_FIRST_WORD_S):
                async for line in self._process.stdout:
                    if line.startswith(b"LAB"):
                        return True
        except TimeoutError:
            pass
        return False

    async def _launch(self, only: str, fast: bool) -> None:
        image, initramfs, modules = kernel.prepare(self._folder)
        init = self._tree / "tests/lab/init.sh"
        places = {"init": init, "tree": self._tree, "modules": modules, "program": self._program}
        words = {**places, "only": only}
        append = " ".join(f"lab.{name}={value}" for name, value in words.items() if value)
        self._process = await asyncio.create_subprocess_exec(
            *_hardware(fast), *self._devices(), "-kernel", str(image), "-initrd", str(initramfs),
            "-append", f"console=ttyS0 loglevel=1 nokaslr mitigations=off panic=-1 tsc=unstable {append}",
            stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT,
        )  # fmt: skip

    def _devices(self) -> list[str]:
        return [
            "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
            "-serial", "stdio",
            "-chardev", f"socket,id=hci,host=127.0.0.1,port={self._hci_port}",
            "-device", "isa-serial,index=1,chardev=hci",
            "-device", "qemu-xhci,id=xhci",
            "-chardev", f"socket,id=adapter,path={self.adapter}",
            "-device", f"usb-serial,chardev=adapter,id={_ADAPTER},bus=xhci.0,serial={SERIAL_NUMBER}",
            "-qmp", f"unix:{self._qmp_path},server=on,wait=off",
        ]  # fmt: skip

    async def console(self) -> AsyncIterator[str]:
        """What it prints, line by line, until it is off."""
        assert self._process is not None and self._process.stdout is not None
        async for line in self._process.stdout:
            yield line.decode(errors="replace").rstrip()

    async def unplug(self) -> None:
        await self._tell("device_del", id=_ADAPTER)

    async def replug(self) -> None:
        more = {"chardev": "adapter", "bus": "xhci.0", "serial": SERIAL_NUMBER}
        await self._tell("device_add", driver="usb-serial", id=_ADAPTER, **more)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _tell(self, command: str, **arguments: str) -> None:
        if self._qmp is None:
            self._qmp = await asyncio.open_unix_connection(self._qmp_path)
            await self._qmp[0].readline()
            await self._ask("qmp_capabilities", {})
        await self._ask(command, arguments)

    async def _ask(self, command: str, arguments: dict[str, str]) -> None:
        assert self._qmp is not None
        reader, writer = self._qmp
        writer.write(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = json.loads(await reader.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return


def _hardware(fast: bool) -> list[str]:
    """`fast`: by KVM, else emulated."""
    emulated = ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,-la57"]
    processor = ["-accel", "kvm", "-cpu", "host"] if fast else emulated
    return [
        "qemu-system-x86_64", *processor, "-m", str(_MEMORY_MB), "-smp", "2", "-M", "q35,hpet=off",
        "-display", "none", "-nic", "none", "-no-reboot", "-nodefaults", "-vga", "none",
    ]  # fmt: skip
