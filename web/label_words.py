"""What label_duties.json says, in words that are translated. The notes are those of the table."""

from django.utils.translation import gettext_lazy as _

from web.words import Text

DUTIES: dict[str, Text] = {
    "visible_label": _("A label that people see or hear"),
    "machine_mark": _("A mark that machines read"),
    "disclosure": _("A statement that it was made by AI"),
}

NOTES: dict[str, Text] = {
    "eu-ai-act-50-2": _(
        "Owed by the provider of the AI system. An amendment of 2026 is said to give systems"
        " that were on the market before until 2 December 2026; that is not confirmed."
    ),
    "eu-ai-act-50-4": _(
        "Deep fakes: content that resembles what exists and would falsely appear authentic."
        " In an evidently artistic work it is enough to disclose it in a way that does not"
        " hamper the work."
    ),
    "eu-ai-act-50-4-text": _(
        "Text published to inform the public on matters of public interest, unless a person"
        " reviewed it and answers for it."
    ),
    "kr-ai-basic-act-31": _(
        "What is hard to tell from reality is told clearly; an artistic work may do so in a"
        " way that does not hamper it. How is for the enforcement decree."
    ),
    "cn-labelling-2025": _("A label that people see or hear, and one in the file's metadata."),
    "cn-labelling-2025-metadata": _("In a form of its own: a C2PA manifest does not stand for it."),
    "us-ca-sb-942": _(
        "Owed by providers of generative systems with more than a million monthly users; the"
        " date is that of AB 853 (2025)."
    ),
    "us-ca-ab-2655": _(
        "Elections only, and owed by large platforms. A federal court held in 2025 that"
        " federal law pre-empts it; whether that stands is not confirmed."
    ),
    "us-ny-synthetic-performer": _(
        "Advertisements only; those for a film or series in which the synthetic performer is"
        " used the same way are exempt."
    ),
}
