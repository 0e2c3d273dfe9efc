"""Which fonts the figures are set in: the first of `figures.font` that is installed, and others for letters that it lacks.

matplotlib is imported when it is asked for, since the workflow checks the names of fonts whenever it is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...base.errors import ConfigError
from ...base.files import sha256_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Comes with matplotlib, and so is always there.
SHIPPED = "DejaVu Sans"
#: Take the letters that the chosen font lacks (Cyrillic, Chinese, ...), where they are installed.
OTHERS = (SHIPPED, "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei")


def families(names: Sequence[str]) -> list[str]:
    """The fonts of the text: the first installed of `names`, then those that stand in for letters it lacks.

    Raises
    ------
    ConfigError
        None of `names` is installed.
    """
    from matplotlib.font_manager import get_font_names

    installed = set(get_font_names())
    chosen = next((name for name in names if name in installed), None)
    if chosen is None:
        some = ", ".join(sorted(name for name in installed if "Sans" in name and "Mono" not in name)[:8])
        raise ConfigError(
            f"not installed: {', '.join(names)}",
            where="figures.font",
            fix=f"name a font that is installed ({some}, ...), or install one and delete the folder .snakemake/matplotlib, where "
            "matplotlib keeps its list of fonts.",
        )
    return [chosen, *(name for name in OTHERS if name in installed and name != chosen)]


def check(names: Sequence[str]) -> None:
    """Refuse names of which none is installed; looks only where the one that is always there is not among them."""
    if SHIPPED not in names:
        families(names)


def used(figure: Figure) -> dict[str, str]:
    """The fonts that the texts of a figure take their letters from, with the SHA-256 of their files: they decide its bytes.

    The upright face stands for the whole family.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]
    letters = {ord(letter) for text in texts for letter in text.get_text() if letter.isprintable() and letter != " "}
    found = {}
    for family in dict.fromkeys(name for text in texts for name in text.get_fontfamily()):
        path = findfont(FontProperties(family=[family]), fallback_to_default=False)
        font = get_font(path)
        if mine := letters & set(font.get_charmap()):
            found[font.family_name] = sha256_of(path)
            letters -= mine
    return found
