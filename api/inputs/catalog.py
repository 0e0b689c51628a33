"""What callers send about titles, files, rights, performers and consents."""

from api.fields import (
    Day,
    Fields,
    Input,
    Instant,
    Names,
    Territory,
    Text,
    Whole,
    Words,
    word,
    words,
)
from api.inputs.works import Described
from api.paging import PageQuery, SearchQuery
from catalog.models import AssetKind, Attribute, FactKind, SourceType, TitleKind


class TitleQuery(SearchQuery):
    q = Text(
        max_length=200,
        required=False,
        help_text="As of `search/` with `level=title`: at most 20 words, found by names in every"
        " language, people, numbers and codes, a second or so after they are recorded.",
    )


class NewTitle(Described):
    kind = word(TitleKind)
    name = Text(help_text="The original name.")
    language = Text(max_length=20, help_text="BCP 47, such as en or pt-BR.")
    parent = Text(  # type: ignore[assignment] # a field, not what the class is in
        max_length=8,
        required=False,
        allow_null=True,
        help_text="The code of what it is part of; an episode needs one.",
    )
    eidr = Text(
        max_length=60,
        required=False,
        allow_null=True,
        help_text="10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C",
    )
    names = Names(required=False, help_text="Translated names by language.")


class TitleRow(Input):
    kind = word(TitleKind)
    name = Text(help_text="The original name.")
    language = Text(max_length=20, help_text="BCP 47.")
    year = Whole(required=False, allow_null=True)
    parent = Text(  # type: ignore[assignment] # a field, not what the class is in
        max_length=8,
        required=False,
        allow_null=True,
        help_text="The code of what it is part of, registered before; an episode needs one.",
    )
    number = Whole(required=False, allow_null=True, help_text="Of an episode in its season.")


class NewTitles(Input):
    titles = TitleRow(many=True, min_length=1, max_length=500)  # type: ignore[call-arg]


class FileQuery(Input):
    """What goes with the bytes of a file, as parameters of the address."""

    filename = Text(max_length=255)
    source_type = word(SourceType, help_text="How the material came to be.")
    kind = word(AssetKind, required=False, help_text="Where the file alone does not say it.")


class _Scoped(Input):
    territory = Territory(required=False)
    ends_at = Instant(required=False, allow_null=True, help_text="The first instant after.")
    document = Text(required=False, allow_blank=True)


class FactQuery(PageQuery):
    kind = word(FactKind, required=False)


class NewFact(Input):
    kind = word(FactKind)
    body = Fields(
        help_text="The fields of its kind, as the clearance contract writes them. A party of a"
        " grant_out or an option that is an organisation here: `Vireo (EC 7K3F 2Q9D)`, its name"
        " and code, or the code alone; of a grant_out it is a lab."
    )
    document = Text(required=False, allow_blank=True, help_text="What it rests on.")
    clause = Text(max_length=100, required=False, allow_blank=True)
    note = Text(max_length=500, required=False, allow_blank=True)
    evidence = Text(max_length=8, required=False, help_text="The code of a document handed in.")


class Correction(Input):
    reason = Text(max_length=500)
    body = Fields(help_text="All fields, as they are right.")
    document = Text(required=False, allow_blank=True, help_text="What it rests on.")
    clause = Text(max_length=100, required=False, allow_blank=True)
    note = Text(max_length=500, required=False, allow_blank=True)
    evidence = Text(max_length=8, required=False, help_text="The code of a document handed in.")


class Superseding(Input):
    reason = Text(max_length=500)


class NewPerformer(Input):
    name = Text(max_length=200)
    born = Day(required=False, allow_null=True)


class NewLikeness(Input):
    performer = Text(max_length=8, help_text="The performer's code.")
    attributes = words(Attribute)
    description = Text()


class NewConsent(_Scoped):
    uses = Words()
    attributes = words(Attribute)
    starts_at = Instant()
    description = Text(max_length=500, help_text="What the performer was told.")
    model_kinds = Words(required=False)
    grantee = Text(max_length=8, required=False, help_text="A lab's code, or `*` for any lab.")
    max_outputs = Whole(required=False, allow_null=True, max_value=2**31 - 1)
    terms = Fields(required=False, help_text="As docs/consents.md names them.")
