"""Texts of a figure as a reader meets them, and the room that each takes on paper."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.figure import Figure
from matplotlib.text import Text


@lru_cache(32)  # the same figures are looked at by many tests, and drawn once
def texts_of(figure: Figure) -> list[Text]:
    """Texts that are printed: not empty, visible, and not labels of ticks outside the view or of
    hidden axes. The figure is as it will stay.
    """
    figure.draw_without_rendering()  # labels of axes take their places when they are drawn
    found = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible():
            continue
        axes = text.axes
        if (
            axes is not None
            and not axes.axison
            and text in (*axes.get_xticklabels(), *axes.get_yticklabels())
        ):
            continue
        found.append(text)
    for axes in figure.findobj(lambda artist: hasattr(artist, "get_xticklabels")):
        if not axes.axison:
            hidden = {
                *axes.get_xticklabels(),
                *axes.get_yticklabels(),
                axes.xaxis.label,
                axes.yaxis.label,
            }
            hidden |= {axes.xaxis.get_offset_text(), axes.yaxis.get_offset_text()}
            found = [text for text in found if text not in hidden]
            continue
        for axis, low_high in (
            (axes.xaxis, sorted(axes.get_xlim())),
            (axes.yaxis, sorted(axes.get_ylim())),
        ):
            shown = {
                tick.label1
                for tick in axis.get_major_ticks()
                if low_high[0] <= tick.get_loc() <= low_high[1]
            }
            shown |= {
                tick.label2
                for tick in axis.get_major_ticks()
                if low_high[0] <= tick.get_loc() <= low_high[1]
            }
            every = {
                label
                for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                for label in (tick.label1, tick.label2)
            }
            found = [text for text in found if text not in every or text in shown]
    return found


def box_of(text: Text):
    """The box of a text on paper (turned with it), less the pixel of air around the letters."""
    from shapely import affinity
    from shapely.geometry import box

    around = text.get_window_extent()
    angle = text.get_rotation()
    text.set_rotation(0)
    flat = text.get_window_extent()
    text.set_rotation(angle)
    x, y = (around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2
    width, height = flat.width / 2 - 1, flat.height / 2 - 1
    return affinity.rotate(box(x - width, y - height, x + width, y + height), angle, origin=(x, y))
