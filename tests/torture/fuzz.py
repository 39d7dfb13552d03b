"""One target under atheris: python -m tests.torture.fuzz TARGET [options of libFuzzer] CORPUS

Exits with an error when an input breaks an invariant; libFuzzer writes that input to its artifact prefix.
"""

import sys

import atheris

with atheris.instrument_imports(include=["devices"]):
    from tests.torture.targets import targets

    TARGETS = targets()  # the catalogue is imported here, and not before


def main() -> None:
    program, name, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
