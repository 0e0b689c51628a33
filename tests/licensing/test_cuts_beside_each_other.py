"""Cuts of one film that have a file in common are told of each other for that file alone."""

import pytest

from tests import factories
from tests.licensing.test_told_of_same_bytes import asked, part, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_what_is_recorded_of_a_dub_stops_no_other_dub_that_has_its_logo_too() -> None:
    studio = factories.studio()
    film = factories.title(studio)
    factories.ownership(studio, film)
    french, german = (part(studio, film, name, "version") for name in ("FR", "DE"))
    logo, again = words_of(studio, french, "Logo"), words_of(studio, german, "Logo")
    dubbed = factories.words(studio, german, "Deutsch")
    factories.fact(studio, french, "restriction", uses=["train"])
    assert asked(dubbed) == ("CLEAR", ["OK"])
    assert asked(again) == asked(logo) == ("BLOCKED", ["CONTRACT_PROHIBITION"])
