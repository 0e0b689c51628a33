"""What each verdict on a file proves, and what it does not, in plain words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise
type Limits = tuple[tuple[Text, ...], tuple[Text, ...]]  # it proves, it does not prove

LIMITS: Final[Mapping[str, Limits]] = {
    "authorised": (
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence stands in the public log, and its entry has not changed since."),
            _("The licence is in force at this moment."),
        ),
        (
            _("That the licensor truly owned the rights. It proves who said so, and when."),
            _("What was done with the file after its delivery."),
            _("Anything about tomorrow: a licence can end or be revoked. Check again then."),
        ),
    ),
    "ended": (
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("There is such a licence in the public log, and it is not in force now."),
        ),
        (
            _("That a use made while the licence was in force was wrong."),
            _("What was done with the file after its delivery."),
        ),
    ),
    "made": (
        (
            _("This is byte for byte what its maker declared to have made."),
            _(
                "Licences or consents of its maker covered what it was declared to be made with,"
                " for the use that it declared."
            ),
            _("The declaration stands in the public log, and has not changed since."),
        ),
        (
            _("That nothing else went into it. It proves what its maker said, and when."),
            _("That it is labelled as a law asks for."),
            _(
                "Anything about tomorrow: a licence can be revoked and a consent withdrawn. Check"
                " again then."
            ),
        ),
    ),
    "made_in_doubt": (
        (_("This is byte for byte what its maker declared to have made."),),
        (
            _("That it was wrong to make it: what it was made under covered the time it names."),
            _("That it may still be shown. The licence or the consent says what follows its end."),
        ),
    ),
    "registered": (
        (
            _("This is byte for byte a file that was registered here, by whom is said below."),
            _("Training on it needs a licence."),
        ),
        (
            _("That you hold a licence. A licensee has a credential of its own."),
            _("That the registrant truly owned the rights. It proves who said so, and when."),
        ),
    ),
    "no_grant": (
        (_("The file is exactly what its signer signed, whom an authority of ours certified."),),
        (
            _("That anybody was granted a use of it. Its credential tells of no licence."),
            _("That its signer’s certificate was not revoked since: its authority is not asked."),
        ),
    ),
    "altered": (
        (_("The file or its credential is not what was signed. Do not rely on what it says."),),
        (
            _("Who changed it, or why. Saving it again in an editing program is enough."),
            _("That the original has no licence. Check the file as it was delivered."),
        ),
    ),
    "stranger": (
        (_("The file is exactly what its signer signed."),),
        (
            _("Who the signer is. Anybody can make a certificate in any name."),
            _("That Edgecode ever saw this file. What it says of a licence is worth nothing."),
        ),
    ),
    "disputed": (
        (_("The credential bears a signature of our key."),),
        (
            _("That this file was licensed: what we recorded says otherwise."),
            _("Where the difference comes from. Ask the licensor, and send them this report."),
        ),
    ),
    "sidecar_missing": (
        (_("We delivered exactly this file to a licensee."),),
        (_("To whom, for what, and whether that licence stands: the .c2pa file says so."),),
    ),
    "unsigned": (
        (_("Nothing. There is no signed statement in this file."),),
        (
            _("That the file is not licensed, or that anything is wrong with it."),
            _("Whether a person or a machine made it."),
        ),
    ),
    "unreadable": (
        (_("Nothing. No answer can be given about a file that cannot be read."),),
        (_("That the file is forged. Damage on the way and a wrong file name look the same."),),
    ),
}
# In the place of the above where it was asked what held at a time that has passed.
LIMITS_THEN: Final[Mapping[str, Limits]] = {
    "authorised": (
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence stands in the public log, and its entry has not changed since."),
            _("The licence was in force at the time that was asked about."),
        ),
        (
            _("That the licence is in force now. Check again without a time."),
            _("That the file was used at that time, or that a use fitted the licence."),
            _("That the licensor truly owned the rights. It proves who said so, and when."),
        ),
    ),
    "ended": (
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence was not in force at the time that was asked about."),
        ),
        (
            _("That a use made while the licence was in force was wrong."),
            _("That no other licence covered the file at that time."),
        ),
    ),
    "made": (
        LIMITS["made"][0],
        (
            *LIMITS["made"][1][:2],
            _("That what it was made under stands now. Check again without a time."),
        ),
    ),
}
# In the place of all where the credential that was given beside the file is what does not fit.
LIMITS_BESIDE: Final[Mapping[str, Limits]] = {
    "altered": (
        (_("The file is not what this .c2pa file was signed for."),),
        (
            _("That the file was changed. The .c2pa file may be that of another file."),
            _("That the file has no licence. Check it with the .c2pa file that came with it."),
        ),
    ),
    "unreadable": (
        (_("Nothing. The .c2pa file is damaged, or none."),),
        (_("That anything is wrong with the file itself. Check it without the .c2pa file."),),
    ),
}
# Where a file is licensed that rests on consents of people: now, and at a time that has passed.
CONSENTS: Final[Text] = _(
    "That the consents that it rests on stand tomorrow: each can end or be withdrawn, and with the"
    " last the licence of this file. Check again then."
)
CONSENTS_THEN: Final[Text] = _(
    "That the consents that it rests on stand now. Check again without a time."
)
# Where somebody signed whom an authority certified that certifies us, too.
SIGNED_BY_OTHERS: Final[Text] = _(
    "Somebody else signed the credential, whom an authority of ours certified."
)
# Where the licence leaves passages out.
NOT_EXAMINED: Final[Text] = _(
    "That what the licence leaves out is not in the file. Nobody has examined that."
)
