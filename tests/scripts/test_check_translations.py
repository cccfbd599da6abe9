import pytest

from scripts.check_translations import problems
from scripts.compile_messages import Entry


def entry(msgid, *translations, fuzzy=False, plural=""):
    texts = {"msgid": msgid} | ({"msgid_plural": plural} if plural else {})
    return Entry(fuzzy=fuzzy, texts=texts | {f"msgstr{number}": text for number, text in enumerate(translations)})


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        (entry("Day", "Jour"), None),
        (entry("Day", ""), "not translated: 'Day'"),
        (entry("Day", "Jour", fuzzy=True), "doubtful (fuzzy): 'Day'"),
        (entry("Day", "Jour %(day)s"), "other placeholders than in English: 'Day'"),
        (entry("Night", "Nuit"), "not in the catalogue: 'Day'"),
    ],
)
def test_each_gap_is_named(translation, problem):
    found = [line for line in problems([entry("Day", "")], [translation]) if not line.startswith("no longer")]
    assert found == ([problem] if problem else [])


def test_singular_may_leave_the_number_out_but_the_plural_may_not():
    wanted = entry("%(n)s place", "", "", plural="%(n)s places")
    good = entry("%(n)s place", "une place", "%(n)s places", plural="%(n)s places")
    bad = entry("%(n)s place", "%(n)s place", "des places", plural="%(n)s places")
    assert list(problems([wanted], [good])) == []
    assert list(problems([wanted], [bad])) == ["other placeholders than in English: '%(n)s place'"]


def test_missing_plural_form_is_untranslated():
    wanted = entry("%(n)s place", "", "", plural="%(n)s places")
    half = entry("%(n)s place", "%(n)s place", plural="%(n)s places")
    assert list(problems([wanted], [half])) == ["not translated: '%(n)s place'"]


def test_translation_of_nothing_is_reported():
    assert list(problems([], [entry("Old", "Vieux")])) == ["no longer used: 'Old'"]
