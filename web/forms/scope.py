"""Other terms for what one has in mind: a draft, or the question about a whole library."""

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.scope.uses import LEAVES, expand_uses
from licensing.models import Scope
from licensing.scopes import terms_of
from web.forms.facts import place_text
from web.forms.fields import untouched
from web.forms.surveys import SurveyForm


class ScopeForm(SurveyForm):
    """The terms of a draft, beginning with those in `of`."""

    def __init__(self, of: Scope, data: Any = None) -> None:
        super().__init__(data, initial=_initial(of))
        self.of = of
        self.fields["exclusivity"].help_text = _(
            "Sole: nobody but you and the licensor. Exclusive: nobody but you."
        )

    def values(self) -> dict[str, Any]:
        """Return what was typed; what nobody touched as it was."""
        typed = dict(self.cleaned_data)
        return typed | untouched(self, typed, terms_of(self.of))


def _initial(of: Scope) -> dict[str, Any]:
    leaves = expand_uses(of.uses)
    return {
        "uses": [leaf for leaf in LEAVES if leaf in leaves],
        "model_kinds": of.model_kinds,
        "territory": place_text(of.territory),
        "starts_at": of.starts_at.astimezone(UTC).date(),
        "ends_at": of.ends_at.astimezone(UTC).date() if of.ends_at else None,
        "exclusivity": of.exclusivity,
    }
