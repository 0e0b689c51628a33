"""A question about a whole library."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from web import words
from web.forms.fields import AI_USES, ChoicesField
from web.forms.scope import ScopeForm


class SurveyForm(ScopeForm):
    """What any lab might ask for; the same for every file."""

    uses = ChoicesField(words.USES, AI_USES, label=_("Uses"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exclusivity"].help_text = _(
            "Sole: nobody but the lab and you. Exclusive: nobody but the lab."
        )
