"""The granted files that an output was made with, as members of a data set."""

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from catalog.models import WorkState
from edgecode import dataset
from edgecode.log import merkle
from licensing.models import Grant
from provenance.models import Credential, Manifest, Output, OutputSource
from provenance.outputs.manifests import Ingredient

_COLUMNS = ("pk", "granted_asset__asset__code", "manifest_id", "granted_asset__asset__sha256")


def taken(grant: Grant, files: Sequence[str]) -> tuple[list[int], str]:
    """Return the keys of the credentials of these files of a grant, or of all, and the root over
    them. Raises Invalid for a file that was not signed, for then nobody has it from us."""
    found = Credential.objects.filter(granted_asset__grant=grant, state=WorkState.DONE)
    if files:
        found = found.filter(granted_asset__asset__code__in=files)
    by_member = {dataset.Member(*said): key for key, *said in found.values_list(*_COLUMNS)}
    signed = {member.asset for member in by_member}
    if missing := sorted(set(files) - signed):
        raise Invalid(
            "sources", _("File %(file)s has not been delivered yet.") % {"file": missing[0]}
        )
    if not signed:
        raise Invalid(
            "sources",
            _("Of grant %(grant)s no file has been delivered yet.") % {"grant": grant.display_code},
        )
    members = dataset.ordered(by_member)
    return [by_member[member] for member in members], dataset.root(members)


def ingredients_of(source: OutputSource) -> list[Ingredient]:
    """Return the members one by one, each with the manifest it was delivered under."""
    stores = dict(Manifest.objects.filter(pk__in=source.members).values_list("pk", "body"))
    rows = Credential.objects.filter(pk__in=source.members).select_related(
        "granted_asset__asset", "clip"
    )
    return [_ingredient(row, bytes(stores[row.pk])) for row in rows.order_by("pk")]


def _ingredient(credential: Credential, store: bytes) -> Ingredient:
    asset = credential.granted_asset.asset
    # A likeness's files are often called by the performer's name; their codes are not.
    title = credential.filename if asset.likeness_id is None else asset.code
    return Ingredient(title, credential.mime, store)


def proofs_of(
    actor: Actor, code: str, grant: str, file: str
) -> Iterable[tuple[OutputSource, dataset.Member, dataset.Proof]]:
    """Yield the proof that a granted file, each part of it that was signed, is among those that an
    output was made with. Raises NotFound, also where it is not."""
    output = Output.objects.visible_to(actor).filter(code=code).first()
    rows = OutputSource.objects.filter(output=output, grant__code=grant).select_related("grant")
    source = rows.defer("members").first() if output is not None else None
    own = actor.organisation
    # A licensor asks about its own grants; those of others are none of its business.
    if source is None or own not in {source.grant.licensor, source.grant.licensee}:
        raise NotFound
    signed = Credential.objects.filter(granted_asset__grant=source.grant, state=WorkState.DONE)
    named = signed.filter(granted_asset__asset__code=file).values_list(*_COLUMNS)
    keys, tree = _tree(source.pk, source.root)
    wanted = {key: dataset.Member(*said) for key, *said in named}
    places = sorted(keys.index(key) for key in wanted.keys() & set(keys))
    if not places:
        raise NotFound(_("This file is not among those that it was made with."))
    for place in places:
        yield source, wanted[keys[place]], tree.prove(place)


def proofs_told(actor: Actor, code: str, grant: str, file: str) -> dict[str, Any]:
    """Return those proofs as they are given out."""
    proofs = [
        {
            **member._asdict(),
            "place": proof.place,
            "size": proof.size,
            "hashes": [each.hex() for each in proof.hashes],
            "root": source.root,
        }
        for source, member, proof in proofs_of(actor, code, grant, file)
    ]
    return {"proofs": proofs}


@lru_cache(maxsize=1)  # who asks about one file of a large data set asks about more
def _tree(source: int, _root: str) -> tuple[Sequence[int], dataset.Tree]:
    """Return the members of an output's source, and the tree over them, which never change: by its
    key, and by the root, for in another database that key is of another one."""
    members = OutputSource.objects.values_list("members", flat=True).get(pk=source)
    rows = Credential.objects.filter(pk__among=set(members)).values_list(*_COLUMNS)
    leaves = {key: merkle.leaf_hash(dataset.Member(*said).entry) for key, *said in rows.iterator()}
    keys = array("Q", (key for key in members if key in leaves))
    return keys, dataset.Tree(leaves[key] for key in keys)
