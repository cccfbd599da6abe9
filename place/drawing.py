"""QR drawings, made here as inline SVG."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr(text: str) -> SafeString:
    """Return the QR of a text, to be styled as `.qr`."""
    drawing = segno.make(text, micro=False).svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=0)
    return mark_safe(drawing)  # noqa: S308 -- drawn here
