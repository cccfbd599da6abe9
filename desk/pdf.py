"""Certificates as PDF: what was attended or given, no more than needed; the same facts are the same bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyascii import anyascii
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import TTFFont

from members.models import User
from place.clock import Span, day_text, hour_text, local
from place.models import LabSettings
from workshops.attended_queries import Course, Presence, total

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Atkinson Hyperlegible Next"
MARGIN, COLUMNS = 22, (56, 82, 28)  # millimetres


class Certificate(FPDF):
    """A sheet of A4 in the lab's own type."""

    def __init__(self, lab: LabSettings, title: str, dated: datetime) -> None:
        super().__init__(format="A4")
        for style, weight in (("", 400), ("B", 700)):
            self.add_font(FAMILY, style, FONTS / f"atkinson-hyperlegible-next-{weight}.ttf")
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.set_creation_date(dated.astimezone(UTC))  # the last thing certified, never today
        self.set_title(title)
        self.set_author(lab.name)
        self.set_lang("fr")
        font = self.fonts[FAMILY.lower()]
        self.known = set(font.cmap) if isinstance(font, TTFFont) else set()
        self.add_page()
        self.say(lab.name, 12, bold=True, after=1)
        self.say(lab.address, 10, after=14)
        self.say(title, 22, bold=True, after=8)

    def plain(self, text: str) -> str:
        """Return a text with the letters that the type does not have written in those it has."""
        return "".join(one if ord(one) in self.known else anyascii(one) for one in text)

    def say(self, text: str, size: int, *, bold: bool = False, after: float = 4) -> None:
        """Write a paragraph, broken where it must be, and leave room after it (millimetres)."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self.multi_cell(0, size * 0.5, self.plain(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def lines(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Write a table of three columns; the first row is its head."""
        self.set_font(FAMILY, "", 11)
        with self.table(
            col_widths=COLUMNS,
            text_align=("LEFT", "LEFT", "RIGHT"),
            line_height=5.5,
            padding=(1.5, 2),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        ) as table:
            for row in rows:
                line = table.row()
                for text in row:
                    line.cell(self.plain(text))
        self.ln(6)

    def place_to_sign(self) -> None:
        self.ln(6)
        self.say(_("Date, name and signature of the lab:"), 11)


def hours_text(time: timedelta) -> str:
    """Return `2 h` or `1 h 45`."""
    minutes = round(time.total_seconds() / 60)
    return f"{minutes // 60}\u00a0h" + (f"\u00a0{minutes % 60:02}" if minutes % 60 else "")


def attendance(lab: LabSettings, person: User, course: Course) -> bytes:
    """Return the certificate of somebody's attendance at a session or the dates of a cycle."""
    sheet = Certificate(lab, _("Certificate of attendance"), course.presences[-1].session.ends_at)
    sheet.say(_("%(lab)s certifies that") % {"lab": lab.name}, 12)
    sheet.say(person.get_full_name() or person.username, 16, bold=True)
    sheet.say(_("took part in the workshop “%(title)s”.") % {"title": course.workshop.title}, 12, after=8)
    sheet.lines([(_("Day"), _("Hours"), _("Time there")), *(_line(one) for one in course.presences)])
    sheet.say(_total(len(course.presences), course.time), 12, bold=True)
    sheet.place_to_sign()
    return bytes(sheet.output())


def help_given(lab: LabSettings, person: User, span: Span, presences: Sequence[Presence]) -> bytes:
    """Return the certificate of the hours that somebody gave in a period `[start, end)`; confirmed ones only."""
    sheet = Certificate(lab, _("Certificate of voluntary help"), span.end)
    sheet.say(_("%(lab)s certifies that") % {"lab": lab.name}, 12)
    sheet.say(person.get_full_name() or person.username, 16, bold=True)
    period = {"first": _day(span.start), "last": _day(span.end - timedelta(seconds=1))}
    sheet.say(_("helped at workshops from %(first)s to %(last)s.") % period, 12, after=8)
    rows = [(_day(one.session.starts_at), one.session.workshop.title, hours_text(one.time)) for one in presences]
    sheet.lines([(_("Day"), _("Workshop"), _("Hours")), *rows])
    sheet.say(_total(len(presences), total(presences)), 12, bold=True)
    sheet.place_to_sign()
    return bytes(sheet.output())


def _line(one: Presence) -> tuple[str, str, str]:
    hours = f"{hour_text(one.session.starts_at)} – {hour_text(one.session.ends_at)}"
    return _day(one.session.starts_at), hours, hours_text(one.time)


def _day(moment: datetime) -> str:
    return f"{day_text(moment)} {local(moment).year}"


def _total(dates: int, time: timedelta) -> str:
    text = ngettext("In all: %(hours)s, at %(dates)s date.", "In all: %(hours)s, at %(dates)s dates.", dates)
    return text % {"hours": hours_text(time), "dates": dates}
