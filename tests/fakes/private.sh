#!/bin/sh
# Run a command in a private mount namespace whose /dev and /sys/class belong to the fake USB bus.
# usage: tests/fakes/private.sh COMMAND...
set -eu

here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv/bin/python
[ -x "$python" ] || python=python3

# A user who is not root keeps the own number (X11, Wayland and D-Bus check it) and may mount inside only.
flags="-m --propagation private"
[ "$(id -u)" = 0 ] || flags="$flags --map-current-user --keep-caps"

# shellcheck disable=SC2086
if ! unshare $flags "$python" "$here/usb_bus.py"; then
    echo "private.sh: this system forbids private mount namespaces (unshare $flags): run it with sudo." >&2
    exit 1
fi
# shellcheck disable=SC2086
exec unshare $flags sh -c '"$0" "$1" && shift && exec "$@"' "$python" "$here/usb_bus.py" "$@"
