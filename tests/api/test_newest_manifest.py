"""The credential of a delivered file after a consent was withdrawn, through the API."""

import pytest

from provenance.credentials.updates import update_pending
from tests.api.callers import Caller, caller
from tests.provenance.struck import granted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def test_both_sides_get_the_newest_manifest_and_nobody_else(outsider: Caller) -> None:
    made = granted(film=False)
    lab, agency = caller(made.lab), caller(made.agency)
    listed = f"grants/{made.credential.granted_asset.grant.code}/credentials/"
    at = f"credentials/{made.credential.code}/manifest/"
    assert made.named(lab.get(at).content) == [True, True]
    assert lab.get(listed).data["results"][0]["newest_id"] == ""
    made.withdraw()
    update_pending()
    for side in (lab, agency):
        found = side.get(at)
        assert (found.status, made.named(found.content)) == (200, [False, True])
        assert "attachment" in found.headers["Content-Disposition"]
        shown = side.get(listed).data["results"][0]
        assert (shown["newest_id"], shown["has_sidecar"]) == (made.credential.newest_id, True)
    assert outsider.get(at).status == 404
