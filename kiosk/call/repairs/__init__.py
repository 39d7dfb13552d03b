"""Repairs of aiortc 1.16, each alone in a file; its test fails once the library has made it needless."""
