"""Other terms for a licence that was granted."""

from datetime import UTC
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.text import check_note
from catalog.scope.uses import LEAVES, expand_uses
from licensing.deals.amended import first_start
from licensing.deals.amendments import ANSWER_DAYS, Amended
from licensing.deals.counter_offers import MAX_DAYS
from licensing.models import Grant
from web.forms.facts import place_text
from web.forms.fields import amount_field, read_amount, untouched
from web.forms.scope import ScopeForm
from web.forms.spans import LinesField
from web.forms.verbs import gather


class AmendForm(ScopeForm):
    """What shall hold instead, beginning with the present terms of a grant; files only go."""

    price_minor = amount_field(label=_("Additional price per file"))
    left_out = LinesField(
        label=_("Files to leave out"),
        help_text=_("Codes of files that shall no longer be licensed, one a line. Empty: none."),
    )
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads this."),
    )
    days = forms.IntegerField(
        label=_("Days to answer"),
        min_value=1,
        max_value=MAX_DAYS,
        initial=ANSWER_DAYS,
        help_text=_("From now. Without an answer until then the licence stays as it is."),
    )

    def __init__(self, grant: Grant, data: Any = None, *, licensor: bool) -> None:
        super().__init__(data, initial=_initial(grant))
        self.grant = grant
        del self.fields["starts_at"]
        if not licensor:
            del self.fields["days"]
        self.fields["exclusivity"].help_text = _(
            "Sole: nobody but the lab and the licensor. Exclusive: nobody but the lab."
        )
        self.fields["price_minor"].help_text = _(
            "In %(currency)s, on top of what was paid; 0 for none. Nothing is returned."
        ) % {"currency": grant.deal.currency}

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["starts_at"] = first_start(self.grant)
        data = super().clean()
        self.cleaned_data = data | {"currency": self.grant.deal.currency}
        price = read_amount(self, "price_minor", "currency")
        gather(self, lambda: check_note("message", data["message"], 1000))
        return data | {"price_minor": price}

    def amended(self) -> Amended:
        """Return the terms that were typed; what nobody touched as it was. Raises Invalid for a
        file to leave out that the grant does not cover."""
        data = dict(self.cleaned_data)
        names = ("uses", "model_kinds", "territory", "starts_at", "ends_at", "exclusivity")
        typed = {name: data[name] for name in names}
        present = {name: getattr(self.grant, name) for name in names}
        terms = untouched(self, typed, present | {"starts_at": typed["starts_at"]})
        return Amended(**terms, price_minor=data["price_minor"], assets=self._kept())

    def _kept(self) -> list[str] | None:
        gone = set(self.cleaned_data["left_out"])
        if not gone:
            return None
        codes = list(self.grant.granted_assets.values_list("asset__code", flat=True))
        if missing := sorted(gone.difference(codes)):
            raise Invalid(
                "left_out",
                _("Not a file of this licence: %(codes)s.") % {"codes": ", ".join(missing[:10])},
            )
        return [code for code in codes if code not in gone]


def _initial(grant: Grant) -> dict[str, Any]:
    leaves = expand_uses(grant.uses)
    return {
        "uses": [leaf for leaf in LEAVES if leaf in leaves],
        "model_kinds": grant.model_kinds,
        "territory": place_text(grant.territory),
        "ends_at": grant.ends_at.astimezone(UTC).date() if grant.ends_at else None,
        "exclusivity": grant.exclusivity,
        "price_minor": "0",
    }
