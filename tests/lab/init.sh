#!/bin/bash
# The first process of the guest once the shared tree is its root: runs the checks, then switches off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
for word in $(cat /proc/cmdline); do
    case $word in
    lab.tree=*) tree=${word#lab.tree=} ;;
    lab.modules=*) modules=${word#lab.modules=} ;;
    lab.program=*) program=${word#lab.program=} ;;
    lab.only=*) only=${word#lab.only=} ;;
    esac
done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/shm /dev/pts /run/dbus /lib/modules
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
ip link set lo up
ln -sfn "$modules" "/lib/modules/$(uname -r)"
cd "$tree" || exit 1
export PYTHONPATH=$tree PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
case $program in
*.deb) # as on a kiosk: its own user, and udev gives it the devices
    /lib/systemd/systemd-udevd --daemon
    dpkg --force-depends --install "$program" >/dev/null || exit 1
    program=/usr/bin/telecabine
    ;;
esac
.venv/bin/python -m tests.lab.guest "$program" $only
echo "LAB exit $?"
echo o >/proc/sysrq-trigger
while :; do sleep 1; done
