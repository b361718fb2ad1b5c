"""``python -m tests.fuzz TARGET [OPTIONS OF LIBFUZZER]``: what `scripts/fuzz` runs."""

import sys

import atheris

with atheris.instrument_imports(include=["crawler", "tests.fuzz"]):
    from tests.fuzz.targets import TARGETS

atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
atheris.Fuzz()
