"""Bluetooth surroundings as the tests of the drivers have them."""

from tests.drivers.conftest import room as room
