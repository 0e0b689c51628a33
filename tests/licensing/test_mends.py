"""What would open files that cannot be licensed: the most time for the least effort first."""

from licensing.clearance.reasons import BLOCKED, REASONS, REVIEW
from licensing.clearance.repairs import cheapest_repair
from licensing.library.mends import Mend, mends_of
from web.verdicts import REPAIRS


def test_what_opens_most_for_its_effort_stands_first() -> None:
    found = mends_of(
        [
            (["NO_RIGHTS_TERRITORY"], 80_000),  # effort 9
            (["LEGACY_NEW_USE", "GUILD_NOTICE"], 20_000),  # effort 4; a notice holds nothing up
            (["LEGACY_NEW_USE"], 20_000),
            (["LEGACY_NEW_USE", "HOLDBACK"], 900_000),  # one repair alone does not open it
        ]
    )
    assert found == [
        Mend("obtain_counsel_opinion", "LEGACY_NEW_USE", 4, 2, 40_000),
        Mend("acquire_rights", "NO_RIGHTS_TERRITORY", 9, 1, 80_000),
    ]


def test_waiting_is_promised_nowhere() -> None:
    assert cheapest_repair("HOLDBACK") == ("obtain_waiver", 6)
    assert cheapest_repair("GUILD_NOTICE") is None


def test_every_repair_has_its_words() -> None:
    codes = [code for code, each in REASONS.items() if each.status in {BLOCKED, REVIEW}]
    actions = {found[0] for found in map(cheapest_repair, codes) if found}
    assert actions <= set(REPAIRS)
