"""CAWG's entries of an offer: never a permission, and forbidden where nothing is on offer."""

from hypothesis import given

from catalog.scope.uses import USES
from licensing.standards.offered import Offered
from provenance.training_mining import assertion, losses
from tests.licensing.test_standards import OFFERS

# The most that each entry may mean, by the definitions of the assertion.
MEANING = {
    "cawg.ai_generative_training": {"train.pretrain", "train.finetune"},
    "cawg.ai_training": {"train.discriminative"},
    "cawg.ai_inference": {"input", "evaluate"},
    "cawg.data_mining": {"index"},
}


@given(OFFERS)
def test_what_is_on_offer_is_constrained_and_all_else_forbidden(offered: Offered) -> None:
    said = assertion(offered)
    assert said["label"] == "cawg.training-mining"
    assert set(said["data"]["entries"]) == set(MEANING)
    for name, entry in said["data"]["entries"].items():
        if MEANING[name] & offered.uses:
            # Without the address a reader has to take it for notAllowed.
            assert entry == {"use": "constrained", "constraint_info": offered.terms}
        else:
            assert entry == {"use": "notAllowed"}
    lost = {use for loss in losses(offered) if loss.effect == "denied" for use in loss.detail}
    assert lost == offered.uses - set().union(*MEANING.values())
    assert "derive" in lost or "derive" not in offered.uses
    assert set(USES["train"]) & lost == set()
