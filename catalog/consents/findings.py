"""The findings about a consent in plain words. Not legal advice: what a lawyer should look at."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.consents.lint import Finding

WORDS: Final[dict[str, str | Promise]] = {
    "SWEEPING": _(
        "The description covers everything and so describes nothing. Say what will be made, where"
        " it is shown, and what the performer is seen or heard doing."
    ),
    "SHORT": _("The description is too short to be specific. Say it in a whole sentence or two."),
    "NO_PROJECT": _("Name the project, or the class of projects, that the replica is for."),
    "NO_MEDIA": _("Say in which media it may appear."),
    "NO_ROLE": _("Say what the performer will be seen or heard doing."),
    "NO_DURATION": _(
        "Say when the consent ends. A consent without end is the first to be doubted."
    ),
    "VOID": _(
        "Under the law chosen this consent would be void: the description is not reasonably"
        " specific, and neither counsel nor a union represented the performer."
    ),
    "UNADVISED": _(
        "Nobody represents the performer. It holds only as long as a court finds the description"
        " reasonably specific; counsel or a union agreement would settle it."
    ),
    "LAW_UNNAMED": _("Say which law governs the consent: some void what others allow."),
    "MINOR_COURT": _("The performer is a minor: name the court that approved the consent."),
    "MINOR_TERM": _("A minor's consent runs at most five years and ends at majority."),
    "MINOR_EARNINGS": _(
        "Say which part of the minor's earnings is set aside, and where it is kept until majority."
    ),
    "MINOR_AHEAD": _(
        "The performer is of age when it begins and signs then; a guardian cannot sign for that"
        " time."
    ),
    "POLICY_TERM": _("The policy chosen limits a consent to ten years."),
    "REPLICA_KIND": _("The guild distinguishes kinds of replica: say which one this is."),
    "GUILD_PAY": _("The guild's agreement asks for pay: say what is paid."),
    "SCAN_NOTICE": _("The guild's agreement asks for notice of 48 hours before a scan."),
    "STRIKE": _("The guild's replicas do not cross picket lines: say that a strike suspends it."),
    "TRAINING_NOTICE": _("The guild must be told when a performer's data are licensed to train."),
    "DEATH_UNSAID": _("Say whether the consent survives the performer's death."),
    "POST_MORTEM": _("The right after death lasts only until this day where the performer lived."),
    "LABEL_EU": _("In the European Union the output needs a visible and a machine-readable mark."),
    "LABEL_KR": _("In Korea the output needs a label that people see or hear."),
    "LABEL_NY": _("In New York an advertisement must say that its performer is synthetic."),
    "PERSONA_LIMITS": _("A persona talks freely: say what it may never be used for."),
    "AGENCY_ALONE": _(
        "Only the agency can sign. The right belongs to the artist; have the artist sign too, or"
        " keep the contract that lets the agency."
    ),
    "SECURITY": _("Say how the replica is kept: encrypted, by whom, deleted when."),
}


def words_of(finding: Finding) -> str | Promise:
    """Return what a finding says, in the reader's language."""
    return WORDS[finding.code]
