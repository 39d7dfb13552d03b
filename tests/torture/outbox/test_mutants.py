"""The weaker programs that `./run torture --only mutants` makes; that run takes too long for here."""

from tests.torture.outbox.mutants import MUTANTS, ROOT


def test_each_weaker_program_can_still_be_made() -> None:
    """Their texts stand where they should."""
    assert {mutant.name: (ROOT / mutant.file).read_text().count(mutant.text) for mutant in MUTANTS} == {
        mutant.name: 1 for mutant in MUTANTS
    }
