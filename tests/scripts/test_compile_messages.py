import gettext
import io

import pytest

from scripts.compile_messages import PoError, compiled, read_po

HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""


@pytest.fixture
def catalogue(tmp_path):
    def make(text):
        path = tmp_path / "django.po"
        path.write_text(HEADER + text, encoding="utf-8")
        return path

    return make


def translations(path):
    return gettext.GNUTranslations(io.BytesIO(compiled(read_po(path))))


def test_text_is_translated(catalogue):
    path = catalogue('\n#: here:1\nmsgid "Choose"\nmsgstr "Choisis"\n\nmsgid "Day"\nmsgstr "Jour"\n')
    french = translations(path)
    assert (french.gettext("Choose"), french.gettext("Day")) == ("Choisis", "Jour")


def test_long_text_is_joined_and_escapes_are_read(catalogue):
    path = catalogue('\nmsgid ""\n"One \\"line\\"\\n"\n"two"\nmsgstr ""\n"Une « ligne »\\n"\n"deux"\n')
    assert translations(path).gettext('One "line"\ntwo') == "Une « ligne »\ndeux"


def test_plural_follows_french(catalogue):
    path = catalogue('\nmsgid "%d place"\nmsgid_plural "%d places"\nmsgstr[0] "%d place"\nmsgstr[1] "%d places !"\n')
    french = translations(path)
    assert [french.ngettext("%d place", "%d places", count) for count in (0, 1, 2)] == [
        "%d place",
        "%d place",
        "%d places !",
    ]


def test_context_tells_two_meanings_apart(catalogue):
    path = catalogue(
        '\nmsgctxt "book"\nmsgid "Free"\nmsgstr "Libre"\n\nmsgctxt "price"\nmsgid "Free"\nmsgstr "Gratuit"\n'
    )
    french = translations(path)
    assert (french.pgettext("book", "Free"), french.pgettext("price", "Free")) == ("Libre", "Gratuit")


def test_doubtful_and_empty_translations_are_left_out(catalogue):
    path = catalogue('\n#, fuzzy\nmsgid "Lathe"\nmsgstr "Perceuse"\n\nmsgid "Saw"\nmsgstr ""\n')
    french = translations(path)
    assert (french.gettext("Lathe"), french.gettext("Saw")) == ("Lathe", "Saw")


def test_obsolete_entry_after_a_message_is_no_part_of_it(catalogue):
    path = catalogue('\nmsgid "Day"\nmsgstr "Jour"\n#~ msgid "Night"\n#~ msgstr "Nuit"\n')
    french = translations(path)
    assert (french.gettext("Day"), french.gettext("Night")) == ("Jour", "Night")


def test_broken_line_is_named(catalogue):
    with pytest.raises(PoError, match=r"django\.po:6"):
        read_po(catalogue('\nmsgid "Day\nmsgstr "Jour"\n'))
