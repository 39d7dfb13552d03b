"""The version of this program, as the record and the packages name it."""

VERSION = "0.1.0"
