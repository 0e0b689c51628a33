"""A number that failed its check is set right, or dismissed, and stays so."""

from pathlib import Path

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from accounts.models import Role
from catalog.models import Scheme, Title, TitleIdentifier
from catalog.quarantine import correct_number, dismiss_number
from ledger.models import Event
from tests import factories
from tests.catalog.importing.files import EIDR, bring, counts, sheet

pytestmark = pytest.mark.django_db
BAD = EIDR[:-1] + "Z"


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@pytest.fixture
def film(studio: Actor, tmp_path: Path) -> Title:
    """A title that a file gave a bad EIDR."""
    bring(studio, sheet(tmp_path / "a.xlsx", {"TitleID": BAD}))
    return Title.objects.get()


def logged(title: Title) -> list[str]:
    """What the log says happened to a title since it was registered."""
    events = Event.objects.filter(stream=title.stream).order_by("pk")
    return list(events.values_list("kind", flat=True))[1:]


def test_the_right_number_takes_its_place(studio: Actor, film: Title, tmp_path: Path) -> None:
    done = correct_number(actor=studio, code=film.code, scheme="eidr", written=BAD, value=EIDR)
    assert done.eidr == EIDR
    assert not film.identifiers.apart().exists()
    assert logged(film) == ["title.unidentified", "title.identified"]
    # The file still says the bad one: it is known, and nothing changes.
    again = bring(studio, tmp_path / "a.xlsx")
    assert counts(again) == (0, 0, 1, 0, 0)
    assert not film.identifiers.apart().exists()


def test_a_dismissed_number_does_not_come_back(studio: Actor, film: Title, tmp_path: Path) -> None:
    dismiss_number(actor=studio, code=film.code, scheme="eidr", written=BAD)
    film.refresh_from_db()
    assert film.eidr is None
    bring(studio, tmp_path / "a.xlsx")
    assert not film.identifiers.apart().exists()
    with pytest.raises(Conflict):
        dismiss_number(actor=studio, code=film.code, scheme="eidr", written=BAD)


@pytest.mark.parametrize(("value", "error"), [(BAD, Invalid), ("nothing", Invalid)])
def test_what_fails_again_changes_nothing(
    studio: Actor, film: Title, value: str, error: type[DomainError]
) -> None:
    before = logged(film)
    with pytest.raises(error):
        correct_number(actor=studio, code=film.code, scheme="eidr", written=BAD, value=value)
    assert film.identifiers.apart().count() == 1
    assert logged(film) == before


def test_the_number_of_another_title_is_refused(studio: Actor, film: Title) -> None:
    factories.title(studio, eidr=EIDR, name="Other")
    with pytest.raises(Conflict):
        correct_number(actor=studio, code=film.code, scheme="eidr", written=BAD, value=EIDR)
    assert film.identifiers.apart().count() == 1


def test_only_a_number_that_was_set_aside_and_only_by_who_may(studio: Actor, film: Title) -> None:
    TitleIdentifier.objects.create(
        title=film, organisation=film.organisation, scheme=Scheme.IMDB, value="tt0468492"
    )
    with pytest.raises(NotFound):
        dismiss_number(actor=studio, code=film.code, scheme="imdb", written="tt0468492")
    with pytest.raises(NotFound):
        dismiss_number(actor=factories.studio(), code=film.code, scheme="eidr", written=BAD)
    viewer = factories.member(studio, Role.VIEWER)
    with pytest.raises(NotAllowed):
        dismiss_number(actor=viewer, code=film.code, scheme="eidr", written=BAD)
    assert film.identifiers.apart().count() == 1
