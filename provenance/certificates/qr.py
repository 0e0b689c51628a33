"""The square code that leads from a certificate on paper to its page."""

from io import BytesIO

import segno

_QUIET = 4  # modules of white around it, as ISO/IEC 18004 wants


def svg(address: str) -> str:
    """Return the code of an address as an SVG document, black on white. A seventh of it may be
    worn off (level M)."""
    target = BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(
        target, kind="svg", border=_QUIET, light="#fff", xmldecl=False, omitsize=True, nl=False
    )
    return target.getvalue().decode()
