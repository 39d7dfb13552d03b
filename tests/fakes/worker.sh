#!/bin/sh
# The Python of one test worker: a /dev of its own, so that workers do not see each other's instruments.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/private.sh" "$here/../../.venv/bin/python" "$@"
