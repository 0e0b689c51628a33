"""The few drawn shapes of the pages, on a grid of 16 units.

One for each tone, so that no state is told by its colour alone; `copy` marks the copy button.
"""

from django.utils.safestring import SafeString, mark_safe

_DRAWN = {
    "clear": """<circle cx="8" cy="8" r="7" fill="currentColor"/>
<path d="m4.8 8.2 2.2 2.3 4.2-4.7" class="cut" fill="none" stroke-width="1.8"/>""",
    "conditional": """<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor"
 stroke-width="2"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>""",
    "review": """<path d="m8 1.5 6.5 6.5L8 14.5 1.5 8z" fill="none" stroke="currentColor"
 stroke-width="2"/><circle cx="8" cy="8" r="1.6" fill="currentColor"/>""",
    "partial": """<rect x="1.5" y="3" width="5.5" height="10" rx="1" fill="currentColor"/>
<rect x="9.5" y="4" width="4.5" height="8" rx="1" fill="none" stroke="currentColor"
 stroke-width="2"/>""",
    "blocked": """<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/>
<path d="M4.5 8h7" class="cut" stroke-width="2"/>""",
    "neutral": """<circle cx="8" cy="8" r="4.5" fill="none" stroke="currentColor"
 stroke-width="2"/>""",
    "copy": """<rect x="5.5" y="5.5" width="8" height="8" rx="1.5" fill="none"
 stroke="currentColor" stroke-width="1.5"/><path d="M10.5 2.500h-6a2 2 0 0 0-2 2v6" fill="none"
 stroke="currentColor" stroke-width="1.5"/>""",
}


def svg(name: str) -> SafeString:
    """Return a shape hidden from screen readers: a word or a label always stands beside it."""
    size = 14 if name == "copy" else 16
    drawn = _DRAWN[name].replace("\n", "")
    return mark_safe(  # noqa: S308 - constants of this file only
        f'<svg width="{size}" height="{size}" viewBox="0 0 16 16" aria-hidden="true">{drawn}</svg>'
    )
