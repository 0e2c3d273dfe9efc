"""Codes that a reader cannot tell apart: invisible characters, look-alikes of other alphabets,
other forms of one letter.
"""

from __future__ import annotations

import pytest
import toy_run

from citymrio.dataset.cells import looks, odd_letter
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder

ODD = {
    "N\u200b1": "character 2 is ZERO WIDTH SPACE (U+200B), which cannot be seen",
    "N\u00ad1": "character 2 is SOFT HYPHEN (U+00AD), which cannot be seen",
    "N1\ufeff": "character 3 is ZERO WIDTH NO-BREAK SPACE (U+FEFF), which cannot be seen",
    "N\u00a01": "character 2 is NO-BREAK SPACE (U+00A0), which looks like a blank",
    "N1\ufe0f": "character 3 is VARIATION SELECTOR-16 (U+FE0F), which cannot be seen",
    "C\u043el": "character 2 is CYRILLIC SMALL LETTER O (U+043E), which looks like the Latin "
    "letter o",
    "X\u0391": "character 2 is GREEK CAPITAL LETTER ALPHA (U+0391), which looks like the Latin "
    "letter A",
    "N\uff11": "character 2 is FULLWIDTH DIGIT ONE (U+FF11), which is another form of '1'",
    "e\u0301": "character 2 is COMBINING ACUTE ACCENT (U+0301), which joins the letter before it",
}


@pytest.mark.parametrize("code", ODD, ids=ascii)
def test_an_odd_character_is_told_by_name_and_position(code):
    assert odd_letter(code).startswith(ODD[code])


@pytest.mark.parametrize(
    "code",
    [
        "N1",
        "01",
        "C10-C12",
        "\u5317\u4eac",
        "\u041c\u043e\u0441\u043a\u0432\u0430",
        "S\u00e3o",
        "\u0395\u03bb",
        "a_b.c",
        "x$y",
    ],
    ids=ascii,
)
def test_codes_of_one_alphabet_are_plain(code):
    assert odd_letter(code) is None


def test_codes_that_look_the_same_have_the_same_look():
    assert looks("\u0410\u0421") == looks("AC") == looks("A\u200bC") == "AC"
    assert looks("AC") != looks("AD")


@pytest.mark.parametrize(
    ("table", "code", "said"),
    [
        ("observations", "N 1", "'N 1'; expected a code of regions (did you mean 'N1'? one of "),
        ("regions", "N 1", "'N1'; expected a code of regions (there is 'N 1', but codes have no "),
        ("observations", "N１", "(did you mean 'N1'? character 2 is FULLWIDTH DIGIT ONE"),
    ],
)
def test_a_code_with_a_blank_is_told_from_one_without(tmp_path, table, code, said):
    """Its letters were said to only look like Latin ones, and a refused code was proposed."""

    def change(tables: toy_run.Tables) -> None:
        tables[table][1][0] = code

    found = map(str, faults_of(read_folder(toy_run.write_folder(tmp_path, change))))
    assert any(said in text for text in found if "observations.csv" in text)
