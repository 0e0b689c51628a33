"""What callers send about works besides their registration: changes, names, credits, merges."""

from api.fields import Day, Input, Names, Text, Whole, Words, word
from api.paging import SearchQuery
from catalog.models import CreditRole, NameKind, PartyKind, Scheme, Technique, TitleKind

_MOST = 100


class Certification(Input):
    country = Text(max_length=4, help_text="ISO 3166-1, or 3166-3 for a state of the past.")
    system = Text(max_length=40)
    rating = Text(max_length=40)


class Described(Input):
    year = Whole(required=False, allow_null=True)
    released_on = Day(required=False, allow_null=True)
    runtime_ms = Whole(required=False, allow_null=True)
    technique = word(Technique, required=False, allow_null=True)
    genres = Words(required=False, help_text="Lower-case words.")
    countries = Words(
        required=False, each=4, help_text="Of production: ISO 3166-1, or 3166-3 for the past."
    )
    spoken = Words(required=False, each=20, help_text="BCP 47.")
    certifications = Certification(many=True, required=False, max_length=_MOST)  # type: ignore[call-arg]
    number = Whole(required=False, allow_null=True, help_text="Of an episode in its season.")


class TitleChanges(Described):
    """Fields that are not sent stay as they are."""

    kind = word(TitleKind, required=False)
    name = Text(required=False, help_text="The original name.")
    language = Text(max_length=20, required=False, help_text="BCP 47.")
    eidr = Text(max_length=60, required=False, allow_null=True)
    parent = Text(  # type: ignore[assignment] # a field, not what the class is in
        max_length=8, required=False, allow_null=True, help_text="The code of what it is part of."
    )


class NewName(Input):
    language = Text(max_length=20, help_text="BCP 47.")
    name = Text()
    kind = word(NameKind, required=False)


class NameGone(Input):
    language = Text(max_length=20, help_text="BCP 47.")
    name = Text()


class NewIdentifier(Input):
    scheme = word(Scheme)
    value = Text(max_length=100, help_text="Its check characters are verified.")


class NewCredit(Input):
    party = Text(max_length=8, help_text="The party's code.")
    role = word(CreditRole)
    character = Text(max_length=200, required=False, allow_blank=True)
    position = Whole(required=False, help_text="In the billing of the role.")


class CreditGone(Input):
    party = Text(max_length=8, help_text="The party's code.")
    role = word(CreditRole)


class Merge(Input):
    into = Text(max_length=8, help_text="The code of the one that speaks for both.")
    reason = Text(max_length=500)


class Split(Input):
    reason = Text(max_length=500)


class PartyQuery(SearchQuery):
    q = Text(
        max_length=200,
        required=False,
        help_text="Words that must all occur in its names, its EIDR party or its ISNI.",
    )


class PartyChanges(Input):
    kind = word(PartyKind, required=False)
    name = Text(max_length=200, required=False)
    names = Names(required=False, help_text="All of them: what is not named is taken back.")
    eidr = Text(max_length=40, required=False, allow_null=True)
    isni = Text(max_length=40, required=False, allow_null=True)


class NewParty(Input):
    kind = word(PartyKind)
    name = Text(max_length=200)
    names = Names(required=False, help_text="Names in other languages.")
    eidr = Text(max_length=40, required=False, allow_null=True, help_text="10.5237/XXXX-XXXX")
    isni = Text(max_length=40, required=False, allow_null=True)


class PaperQuery(Input):
    """What goes with the bytes of a document, as parameters of the address."""

    filename = Text(max_length=255)
