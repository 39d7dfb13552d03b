"""Debian's stock kernel, unpacked but not installed, and the small file system that it starts from."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_BOOT_MODULES = ("virtio_pci", "9p", "9pnet_virtio", "overlay")  # the rest comes from the shared tree
_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
echo "LAB kernel $(uname -r)"
while read module; do insmod /modules/$module 2>/dev/null; done < /modules/order
for word in $(cat /proc/cmdline); do case $word in lab.init=*) init=${word#lab.init=};; esac; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /ro || exec sh
mount -t tmpfs -o size=60% rw /rw; mkdir /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work root /newroot || exec sh
for each in dev proc sys; do mount --move /$each /newroot/$each; done
exec switch_root /newroot /bin/bash $init
"""


class KernelError(Exception):
    """There is no such kernel to be had."""


def prepare(folder: Path) -> tuple[Path, Path, Path]:
    """The kernel, its initramfs and the folder of its modules; made once, kept in `folder`."""
    tree = folder / "kernel"
    if not tree.is_dir():
        _unpack(folder, tree)
    modules = next((tree / "lib/modules").iterdir())
    if not (modules / "modules.dep").is_file():
        _run("depmod", "-b", str(tree.resolve()), modules.name)
    initramfs = folder / "initramfs.cpio"
    _pack(folder / "initramfs", initramfs, tree, modules.name)
    return tree / f"boot/vmlinuz-{modules.name}", initramfs, modules


def _unpack(folder: Path, tree: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("linux-image-*.deb")):
        told = _run("apt-cache", "depends", "linux-image-amd64")
        found = re.search(r"Depends: (linux-image-\S+)", told)
        if found is None:
            raise KernelError("apt knows no linux-image-amd64: the lab needs Debian's kernel")
        _run("apt-get", "download", "-q", found[1], folder=folder)
    half = folder / "kernel.half"
    shutil.rmtree(half, ignore_errors=True)
    _run("dpkg-deb", "-x", str(next(folder.glob("linux-image-*.deb"))), str(half))
    half.rename(tree)


def _pack(work: Path, initramfs: Path, tree: Path, version: str) -> None:
    shutil.rmtree(work, ignore_errors=True)
    for name in ("bin", "modules", "proc", "sys", "dev", "ro", "rw", "newroot"):
        (work / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", work / "bin/busybox")
    (work / "init").write_text(_INIT)
    (work / "init").chmod(0o755)
    order = list(dict.fromkeys(_needed(tree, version)))
    for module in order:
        shutil.copy(module, work / "modules")
    (work / "modules/order").write_text("".join(f"{module.name}\n" for module in order))
    names = "\n".join(str(path.relative_to(work)) for path in sorted(work.rglob("*")))
    with initramfs.open("wb") as out:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], cwd=work, input=names.encode(), stdout=out, check=True
        )


def _needed(tree: Path, version: str) -> Iterator[Path]:
    for name in _BOOT_MODULES:
        told = _run("modprobe", "-d", str(tree.resolve()), "-S", version, "--show-depends", name)
        for line in told.splitlines():
            if line.startswith("insmod"):
                yield Path(line.split()[1])


def _run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KernelError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
