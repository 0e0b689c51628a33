"""What a licensor demands once a licence has ended, and what becomes of a duty."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.grants.duties import MAX_DAYS, Demand
from licensing.models import DEMANDABLE, TIER_TERMS, TIERS, Duty, DutyKind, Ground

_ALWAYS = _("At least %(days)d days.")
_NARROW = _(
    "At least %(days)d days; only where the files were used outside the licence, or a court or an"
    " authority orders it."
)


class DemandForm(forms.Form):
    """Why, and in how many days the lab has to do what; what has no number is not demanded."""

    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=[(each.value, each.label) for each in DEMANDABLE],
        initial=Ground.BREACH,
        help_text=_(
            "A breach: after fourteen days of notice in which it was not put right. Unless the lab"
            " is at fault, you owe it what it paid for the rest of the term."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The licensee reads this. It is not in the public log."),
    )

    def __init__(self, data: Any = None, *, auto_id: str = "id_%s") -> None:
        super().__init__(data, auto_id=auto_id)
        for tier in TIERS:
            self.fields[tier] = forms.IntegerField(
                label=tier.label,
                required=False,
                min_value=TIER_TERMS[tier].days,
                max_value=MAX_DAYS,
                help_text=(_ALWAYS if TIER_TERMS[tier].grounds is None else _NARROW)
                % {"days": TIER_TERMS[tier].days},
            )

    def tiers(self) -> list[forms.BoundField]:
        """Return the fields for the days, the mildest tier first."""
        return [self[tier] for tier in TIERS]

    def terms(self) -> dict[str, Any]:
        """Return what was demanded as the verbs take it."""
        data = self.cleaned_data
        demands = [Demand(str(tier), data[tier]) for tier in TIERS if data[tier]]
        return {"ground": data["ground"], "reason": data["reason"], "demands": demands}


class MeetForm(forms.Form):
    """What the side that owes it attests."""

    done_on = forms.DateField(
        label=_("Done on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    done_by = forms.CharField(
        label=_("Done by"), max_length=200, help_text=_("Who answers for it: a person’s name.")
    )
    statement = forms.CharField(
        label=_("What was done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    evidence_sha256 = forms.CharField(
        label=_("SHA-256 of the evidence"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Of a document that you keep: a receipt, a report, a log of the deletion."),
    )

    def __init__(self, duty: Duty, data: Any = None) -> None:
        super().__init__(data)
        self.fields["evidence_sha256"].required = duty.kind == DutyKind.DESTROY


class WaiveForm(forms.Form):
    """The licensor's waiver, or that of those whom a condition protects."""

    by = forms.CharField(
        label=_("Waived by"),
        max_length=200,
        help_text=_("Those whom the condition protects: a guild, a co-owner, an earlier licensee."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The other side reads this."),
    )

    def __init__(self, duty: Duty, data: Any = None) -> None:
        super().__init__(data)
        if duty.owed_by != duty.waived_by:
            del self.fields["by"]
