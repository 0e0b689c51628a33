"""Letters about consents: in English and Korean, since who reads is not who sends."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from catalog.consent_form import LANGUAGES


def in_both(template: str, words: Mapping[str, Any]) -> str:
    """Return a letter's text in every language, the one that is active first."""
    first = (translation.get_language() or LANGUAGES[0])[:2]
    bodies = []
    for language in sorted(LANGUAGES, key=lambda each: each != first):
        with translation.override(language):
            bodies.append(render_to_string(template, dict(words)))
    return "\n\n".join(body.strip() for body in bodies)
