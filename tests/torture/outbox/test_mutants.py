"""The weaker programs of `./run torture --only mutants`: all of them take too long for here."""

from tests.torture.outbox.mutants import MUTANTS, ROOT, caught


def test_each_weaker_program_can_still_be_made() -> None:
    """Their texts stand where they should."""
    assert {mutant.name: (ROOT / mutant.file).read_text().count(mutant.text) for mutant in MUTANTS} == {
        mutant.name: 1 for mutant in MUTANTS
    }


def test_one_that_trusts_a_web_page_is_caught() -> None:
    (weaker,) = [mutant for mutant in MUTANTS if "web page" in mutant.name]
    ((_, test),) = caught([weaker], ["tests/kiosk/fhir/test_answers.py"])
    assert "test_answers.py::" in test
