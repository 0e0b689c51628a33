"""Questions that an organisation keeps under a name."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation, OrganisationKind
from accounts.text import check_name
from catalog.models import SavedSearch
from catalog.search.query import Query, QueryError, from_json, to_json

MOST_SAVED = 200


@transaction.atomic
def save_search(*, actor: Actor, name: str, query: Query) -> SavedSearch:
    """Keep a question for everybody in the organisation. Raises Invalid, Conflict."""
    organisation = _require(actor)
    name = check_name("name", name, 100)
    Organisation.objects.select_for_update().get(pk=organisation.pk)  # two at once are counted
    if SavedSearch.objects.visible_to(actor).count() >= MOST_SAVED:
        raise Conflict(
            _("There are %(count)d saved searches already; delete one.") % {"count": MOST_SAVED}
        )
    try:
        with transaction.atomic():
            return SavedSearch.objects.create(
                organisation=organisation, name=name, query=to_json(query)
            )
    except IntegrityError:
        raise _taken() from None


@transaction.atomic
def rename_search(*, actor: Actor, code: str, name: str) -> SavedSearch:
    """Give a saved search another name. Raises Invalid, Conflict, NotFound."""
    _require(actor)
    saved = find_saved(actor, code)
    saved.name = check_name("name", name, 100)
    try:
        with transaction.atomic():
            saved.save(update_fields=["name"])
    except IntegrityError:
        raise _taken() from None
    return saved


@transaction.atomic
def change_search(*, actor: Actor, code: str, query: Query) -> SavedSearch:
    """Let a saved search ask something else, under the name it has. Raises NotFound."""
    _require(actor)
    saved = find_saved(actor, code)
    saved.query = to_json(query)
    saved.save(update_fields=["query"])
    return saved


def delete_search(*, actor: Actor, code: str) -> None:
    """Forget a saved search. Raises NotFound."""
    _require(actor)
    find_saved(actor, code).delete()


def find_saved(actor: Actor, code: str) -> SavedSearch:
    """Return a saved search of the actor's organisation, or raise NotFound."""
    saved = SavedSearch.objects.visible_to(actor).filter(code=code).first()
    if saved is None:
        raise NotFound
    return saved


def query_of(saved: SavedSearch) -> Query:
    """Return what a saved search asks. Raises Invalid for one that is not read any more."""
    try:
        return from_json(saved.query)
    except QueryError as error:
        raise Invalid(error.field, error.message) from None


def may_save(actor: Actor) -> bool:
    """Return whether an actor may keep searches for its organisation: those who edit may."""
    return actor.organisation is not None and actor.may(_right(actor.organisation))


def _require(actor: Actor) -> Organisation:
    if actor.organisation is None:
        raise NotFound
    return require(actor, _right(actor.organisation))


def _right(organisation: Organisation) -> Permission:
    is_lab = organisation.kind == OrganisationKind.LAB
    return Permission.EDIT_REQUESTS if is_lab else Permission.EDIT_TITLES


def _taken() -> Conflict:
    return Conflict(_("There is a saved search of this name already."), field="name")
