"""The index of this process: begun from a snapshot, brought up to date before every answer."""

import base64
import logging
import threading
import time
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission
from accounts.errors import DomainError, Invalid, NotFound
from catalog import search_table
from catalog.models.search import SearchDocument, SearchState
from catalog.search import snapshot
from catalog.search.index import Cursor, Found, Index, Scope
from catalog.search.postings import Damaged
from catalog.search.query import Query, QueryError
from catalog.search_snapshots import folder

log = logging.getLogger("edgecode.catalog")

# More changes than this are not read while somebody waits: a worker writes a snapshot of them.
MOST_AT_ONCE = 50_000
# For so long a question waits while changes are read; the next one reads on.
_MOST_SECONDS = 3


class NotReady(DomainError):
    """The index is being made."""

    status = 503
    kind = "not-ready"
    retry_after_s = 5


class Live:
    """An index that follows the table; one for all threads of a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._index = Index()
        self._epoch = self._snapshot = ""

    def search(
        self, query: Query, scope: Scope, *, rows: int = 50, after: Cursor | None = None
    ) -> Found:
        """Return what is found among all that is committed now; raise NotReady.

        Not for a transaction that has put documents itself: they would be found even if it fails.
        """
        with self._lock:
            self._follow()
            return self._index.search(query, scope, rows=rows, after=after)

    def _follow(self) -> None:
        now = search_table.state()
        is_other = (now.epoch, now.snapshot) != (self._epoch, self._snapshot)
        if is_other or now.version < self._index.version:
            self._begin(now)
        if now.version == self._index.version:
            return
        changes = search_table.changed(self._index.version)
        if changes.order_by()[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
            raise NotReady(_("The search index is being made. Try again in a few minutes."))
        seen = begun = self._index.version
        until = time.monotonic() + _MOST_SECONDS
        for row in changes.iterator(chunk_size=2_000):
            if begun != seen != row.version and time.monotonic() > until:
                # All of `seen` is taken up: whoever asks next goes on from there.
                self._index.version = seen
                raise NotReady(_("The search index is being read. Try again in a moment."))
            if row.is_removed:
                self._index.remove(row.pk)
            else:
                self._index.put(search_table.document_of(row))
            seen = row.version
        # Only now: what fails in between is read again.
        self._index.version = seen

    def _begin(self, now: SearchState) -> None:
        self._index, self._epoch, self._snapshot = Index(), now.epoch, now.snapshot
        if not now.snapshot:
            return
        try:
            self._index = snapshot.load(self.folder / now.snapshot)
        except (OSError, Damaged) as error:
            log.warning("search begins from the table: %s", error)


def scope_of(actor: Actor) -> Scope:
    """Return what an actor may find: a lab what is offered, others what they hold."""
    if actor.organisation is None:
        raise NotFound
    return Scope(None if actor.may(Permission.SEARCH_MARKET) else actor.organisation.pk)


def targets(found: Found, scope: Scope) -> list[int]:
    """Return, in their order, the primary keys of the rows that a page names.

    Asked of the table, so that nothing is shown that was just removed or withdrawn.
    """
    seen = SearchDocument.objects.filter(pk__in=found.rows, is_removed=False)
    if scope.organisation is None:
        seen = seen.filter(is_offered=True)
    else:
        seen = seen.filter(organisation=scope.organisation)
    known = dict(seen.values_list("pk", "target"))
    return [known[number] for number in found.rows if number in known]


def find_titles(
    actor: Actor, text: str, *, kind: str = "", rows: int = 50, cursor: str = ""
) -> tuple[list[int], str | None]:
    """Return the keys of the actor's own works of this kind that the words find, newest first, and
    the cursor of the next page. Raises Invalid naming `q` or `cursor`, NotReady."""
    if actor.organisation is None:
        return [], None
    try:
        query = Query("title", text, {"kind": (kind,)} if kind else {}, order="-added")
    except QueryError as error:
        raise Invalid("q", error.message) from None
    scope = Scope(actor.organisation.pk)
    found = live.search(query, scope, rows=rows, after=unseal(cursor) if cursor else None)
    return targets(found, scope), seal(found.next) if found.next else None


def seal(cursor: Cursor) -> str:
    """Return where a page ended as text that says nothing and cannot be made up."""
    value = "" if cursor.value is None else f"{cursor.value:x}"
    return _box().encrypt(f"{value}/{cursor.number:x}".encode()).decode()


def unseal(text: str) -> Cursor:
    """Return the cursor that was sealed, or raise Invalid("cursor")."""
    try:
        value, _slash, number = _box().decrypt(text).decode().partition("/")
        return Cursor(int(value, 16) if value else None, int(number, 16))
    except (InvalidToken, ValueError):
        raise Invalid("cursor", _("Take a cursor from “next” of a page.")) from None


@cache
def _box() -> Fernet:
    key = salted_hmac("edgecode.catalog.search.cursor", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


live = Live(folder())
