"""What callers send about who speaks for performers, and about consents that are signed here."""

from api.fields import Day, Fields, Flag, Input, Instant, Territory, Text, Whole, Words, word, words
from api.paging import PageQuery
from catalog.models import Attribute, Basis, Ground, HeirsRule, Stage, SuspensionReason


class PerformerChange(Input):
    name = Text(max_length=200, required=False)
    stage_names = Words(required=False)
    born = Day(required=False, allow_null=True)
    deceased_on = Day(required=False, allow_null=True)
    domicile = Text(max_length=6, required=False, allow_blank=True, help_text="KR, or US-CA.")
    guilds = Words(required=False)
    heirs_rule = word(HeirsRule, required=False)


class NewAuthority(Input):
    holder = Text(max_length=200, help_text="Who signs: a person or an organisation.")
    basis = word(Basis)
    email = Text(max_length=254, required=False, allow_blank=True)
    share = Text(max_length=20, required=False, help_text="An heir's, of the estate, as 1/3.")
    starts_at = Instant(required=False, allow_null=True)
    ends_at = Instant(required=False, allow_null=True)
    evidence = Text(
        max_length=8,
        required=False,
        help_text="The code of a document handed in: a power of attorney, a court's order, a"
        " certificate of inheritance.",
    )


class Draft(Input):
    uses = Words()
    attributes = words(Attribute)
    starts_at = Instant()
    ends_at = Instant(required=False, allow_null=True, help_text="The first instant after.")
    description = Text(max_length=500, help_text="What will be made, seen and heard, and where.")
    territory = Territory(required=False)
    model_kinds = Words(required=False)
    grantee = Text(max_length=8, required=False, help_text="A lab's code, or `*` for any lab.")
    max_outputs = Whole(required=False, allow_null=True, max_value=2**31 - 1)
    document = Text(required=False, allow_blank=True)
    terms = Fields(required=False, help_text="As docs/consents.md names them.")


class NewDraft(Draft):
    replaces = Text(max_length=8, required=False, help_text="The consent it is a new version of.")


class FormQuery(Input):
    language = Text(max_length=2, required=False, help_text="en or ko.")


class PaperSignature(Input):
    """What goes with the file that shows a signature, as parameters of the address."""

    authority = Text(max_length=8, help_text="The code of who signed.")
    name = Text(max_length=200, help_text="As it stands on the paper.")
    role = Text(max_length=100, help_text="As what they signed.")
    signed_on = Day()
    filename = Text(max_length=255)
    language = Text(max_length=2, required=False, help_text="Of the form that was printed.")


class PaperQuery(Input):
    authority = Text(max_length=8, help_text="The code of who signed.")


class Close(Input):
    reason = Text(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="What those who signed are told.",
    )


class Suspend(Input):
    reason = word(SuspensionReason)
    note = Text(max_length=500, required=False, allow_blank=True)


class StrikeEnd(Input):
    guild = Text(max_length=200, help_text="As the performers' guilds name it, such as SAG-AFTRA.")


class Strike(StrikeEnd):
    note = Text(max_length=500, required=False, allow_blank=True)


class Withdraw(Input):
    ground = word(Ground, required=False)
    law = Text(
        max_length=30,
        required=False,
        allow_blank=True,
        help_text="With the ground `law`: which, as docs/consents.md names them.",
    )
    reason = Text(max_length=500, required=False, allow_blank=True)


class NewApproval(Input):
    consent = Text(max_length=8, help_text="The consent's code.")
    stage = word(Stage)
    description = Text(max_length=500)
    sha256 = Text(max_length=64, required=False, allow_blank=True, help_text="Of what is shown.")


class Decide(Input):
    approved = Flag()
    reason = Text(max_length=500, required=False, allow_blank=True)


class NewUse(Input):
    description = Text(max_length=500)
    outputs = Whole(required=False, max_value=1_000_000)
    approval = Text(max_length=8, required=False, allow_blank=True)
    sha256 = Text(max_length=64, required=False, allow_blank=True, help_text="Of the output.")
    platform = Text(max_length=100, required=False, allow_blank=True)
    url = Text(max_length=500, required=False, allow_blank=True)
    used_at = Instant(required=False, allow_null=True)


class UseQuery(PageQuery):
    consent = Text(max_length=8, required=False)


class AuthorisedQuery(Input):
    person = Text(max_length=200, help_text="The whole name, or an edge code.")
    use = Text(max_length=40, help_text="A name of the tree of uses.")
    attribute = word(Attribute, required=False)
    licensee = Text(max_length=20, required=False, help_text="An organisation's edge code.")
