"""What is like a file by its content, where one organisation has registered many copies."""

import pytest

from accounts.access import Actor
from catalog.models import Title, WorkState
from provenance import recognition
from provenance.content_codes import bands
from provenance.models import CodeBand, Registration
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

SEEN = "a5" * 32
RE_ENCODED = "a4" + SEEN[2:]  # one bit less


def registered(studio: Actor, title: Title, text: str, digest: str) -> Registration:
    units = {"text": digest}
    row = Registration.objects.create(
        asset=factories.words(studio, title, text), state=WorkState.DONE, units=units
    )
    CodeBand.objects.bulk_create(
        CodeBand(registration=row, unit=unit, number=number, value=value)
        for unit, number, value in bands(units)
    )
    return row


@pytest.mark.parametrize("limit", ["_CANDIDATES", "_MATCHES"])
def test_many_copies_of_one_organisation_do_not_hide_anothers_file(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(recognition, limit, 3)
    monkeypatch.setattr(recognition, "_CANDIDATES_OF_ONE", 2)
    monkeypatch.setattr(recognition, "_OF_ONE", 2)
    sybil, studio = factories.studio("Sybil"), factories.studio()
    copies = factories.title(sybil)
    first, second, *_others = [registered(sybil, copies, f"Copy {at}", SEEN) for at in range(4)]
    own = registered(studio, factories.title(studio), "The film", RE_ENCODED)
    found = recognition.near({"text": SEEN})
    assert [each.registration for each in found] == [first, second, own]
