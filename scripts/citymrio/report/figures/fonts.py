"""What the text of figures is set in: the files of `figures.font`, and for letters that these lack
the font that ships here.

matplotlib is given the files under names of their own, so that its list of installed fonts, which
differs between machines and is never renewed, decides nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from matplotlib import get_data_path
from matplotlib.figure import Figure
from matplotlib.font_manager import (
    FontProperties,
    findfont,
    fontManager,
    get_font,
    ttfFontProperty,
)
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from ...base.errors import ConfigError, DataError
from ...base.files import sha256_of
from ..language import spoken

#: Faces of a family in the names of their files.
FACES = ("Regular", "Bold", "Italic", "BoldItalic")
#: Liberation Sans, as wide as Arial and Helvetica (its licence and the sums of its files lie beside
#: it).
SHIPPED = tuple(
    str(Path(__file__).parent / "data" / f"LiberationSans-{face}.ttf") for face in FACES
)
#: The faces of DejaVu Sans, which comes with matplotlib.
DEJAVU = tuple(
    str(path)
    for face in ("", "-Bold", "-Oblique", "-BoldOblique")
    if (path := Path(get_data_path()) / "fonts/ttf" / f"DejaVuSans{face}.ttf").is_file()
)
#: Name by which matplotlib knows a family of the project -> the files of its faces.
_files: dict[str, list[str]] = {}


@cache
def families(named: Sequence[str] = ()) -> tuple[str, ...]:
    """Names by which matplotlib knows the fonts of the text, in the order in which letters are
    looked for.

    Parameters
    ----------
    named
        Files of `figures.font`.

    Raises
    ------
    ConfigError
        One of them is no font.
    """
    digest, faces = sha256(), []
    for path in [*named, *SHIPPED, *DEJAVU]:
        try:
            digest.update(sha256_of(path).encode())
            faces.append(ttfFontProperty(FT2Font(path)))
        except (OSError, RuntimeError) as error:
            raise ConfigError(
                f"{path} is no font that can be read ({error})",
                where="figures.font",
                fix="name the file of a font (TrueType or OpenType).",
            ) from None
    ours = [replace(face, name=f"{face.name} {digest.hexdigest()[:8]}") for face in faces]
    fontManager.ttflist += ours
    for face in ours:
        _files.setdefault(face.name, []).append(face.fname)
    return tuple(dict.fromkeys(face.name for face in ours))


def sets(letter: str, family: str) -> bool:
    """Whether a family of the project has a letter."""
    return ord(letter) in get_font(_files[family][0]).get_charmap()


def lacking(named: Sequence[str], language: str) -> str:
    """Letters of what figures say in a language that no font has: neither the files of
    `figures.font` nor those that are always there. A file that is no font has none.
    """
    if language == "en":
        return ""
    letters = set(map(ord, "".join(map("".join, map(str.split, spoken(language))))))
    for path in [*named, *SHIPPED[:1], *DEJAVU[:1]]:
        try:
            letters -= FT2Font(path).get_charmap().keys()
        except (OSError, RuntimeError):
            continue  # said where figures are drawn
    return "".join(map(chr, sorted(letters)))


def used(figure: Figure) -> dict[str, str]:
    """The files that the texts of a figure take their letters from, with their SHA-256: they decide
    its bytes.

    A family stands with all its faces.

    Raises
    ------
    DataError
        No font has a letter of a text: a box would stand in its place.
    """
    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]
    letters = {
        ord(letter): text
        for text in texts
        for letter in text.get_text()
        if letter.isprintable() and letter != " "
    }
    found: dict[str, str] = {}
    for family in dict.fromkeys(name for text in texts for name in text.get_fontfamily()):
        files = _files.get(family) or [
            findfont(FontProperties(family=[family]), fallback_to_default=False)
        ]
        if mine := letters.keys() & set(get_font(files[0]).get_charmap()):
            found |= {Path(path).name: sha256_of(path) for path in files}
            letters = {letter: text for letter, text in letters.items() if letter not in mine}
    if letters:
        lacking, text = "".join(map(chr, sorted(letters))), letters[min(letters)].get_text()
        raise DataError(
            f"no font has the letters '{lacking}' of '{text}'",
            where="figures.font",
            fix="name the file of a font that has them in figures.font (for Chinese, say, that "
            "of Noto Sans CJK SC).",
        )
    return found
