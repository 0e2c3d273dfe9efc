"""Look shared by all figures: sizes, colours, labels, the mark of synthetic runs, and files with
reproducible bytes.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar, copy_context
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine, PlaceHolderLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, Locator, NullFormatter
from numpy.typing import ArrayLike

from ...base.labels import write_atomic
from ...base.stamp import figure_stamp, pdf_metadata, png_metadata, svg_metadata
from ...base.words import title_of
from ...config.models import Figures
from ..language import gap, named, of_run
from ..language import span as span_in
from ..language import word as word_in
from ..palette import (  # noqa: F401  (figures take them from here)
    DEMAND_COLOURS,
    DEMAND_NAMES,
    EMPTY,
    FAINT,
    FLOW_COLOURS,
    FLOW_NAMES,
    INK,
    KEY_COLOURS,
    KEY_NAMES,
    MUTED,
    QUINTILE_COLOURS,
    QUINTILE_MARKERS,
    QUINTILE_NAMES,
    QUINTILES,
    SPARE_COLOURS,
    STRUCTURE_COLOURS,
    STRUCTURE_NAMES,
    TYPE_COLOURS,
    TYPE_INKS,
    TYPE_NAMES,
    TYPE_SHADES,
)
from ..shapes import scale_steps
from . import fonts
from .alt import ALT

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes._secondary_axes import SecondaryAxis
    from matplotlib.typing import ColorType

# What a figure is drawn from: the tables that its entry names (those of an ensemble begin with
# uncertainty/), polygons with a column `region` (None: bars in order instead of a map), and
# dataset.json with perhaps `modelled` (see `modelled`), and `level` and `method` of intervals.
Tables: TypeAlias = Mapping[str, pd.DataFrame]
Boundaries: TypeAlias = "geopandas.GeoDataFrame | None"
Run: TypeAlias = Mapping[str, Any]

matplotlib.use("agg")

#: Format of a file -> its metadata.
METADATA = {"pdf": pdf_metadata, "png": png_metadata, "svg": svg_metadata}
#: Format of a file -> what else `savefig` is told: at level 3 zlib takes two thirds of the time,
#: and the file is 2% larger.
OPTIONS: dict[str, dict[str, Any]] = {"png": {"pil_kwargs": {"compress_level": 3}}}
#: Faces of the fonts of formulas.
FACES = {
    "rm": "",
    "it": ":italic",
    "bf": ":bold",
    "bfit": ":bold:italic",
    "sf": "",
    "cal": ":italic",
    "tt": "",
}

#: Width of an axis that has nothing to show, and range of a colour scale that has not.
NO_WIDTH, FLAT = 1e-9, 1e-12
DOUBLE = 183 * (1 / 25.4)  # width of two columns, 183 mm, inch
TITLE, TEXT, SMALL = 8.0, 7.0, 6.0  # sizes of text, points
PLACES = 6  # decimals of the positions of axes, parts of the figure

#: Height of the line below a figure, inch; none where there is nothing to say in it.
strip = ContextVar("strip", default=0.17)

#: Language of the figure that is being drawn.
_language = ContextVar("language", default="en")

NO_CITIES = "No data: this run has no city with emissions."


def word(text: str, *values: object) -> str:
    """Words in the language of the figure that is being drawn, with their values filled in."""
    return word_in(text, _language.get(), *values)


def span(low: str, high: str, form: str = "{}") -> str:
    """Both ends of an interval in that language (:func:`citymrio.report.language.span`)."""
    return span_in(low, high, _language.get(), form)


def readable(key: str, names: Mapping[str, str]) -> str:
    """The name of a key, or the key itself in sentence case."""
    return word(names.get(key, str(key).replace("_", " ").capitalize()))


def settings(config: Figures) -> dict[Any, Any]:
    """Matplotlib settings of every figure."""
    families = fonts.families(config.font)
    letter = word("No data")[0]  # beside a formula, letters are of the first font alone
    first = next((name for name in families if fonts.sets(letter, name)), families[0])
    families = tuple(dict.fromkeys((first, *families)))
    return {
        "font.family": families,
        "mathtext.fallback": None,
        "mathtext.fontset": "custom",
        **{
            f"mathtext.{face}": re.sub(r"([-:,])", r"\\\1", families[0]) + style
            for face, style in FACES.items()
        },
        "font.size": TEXT,
        "axes.titlesize": TITLE,
        "axes.titlelocation": "left",
        "axes.labelsize": TEXT,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "legend.title_fontsize": SMALL,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "text.color": INK,
        "text.parse_math": False,  # dollar signs of data are printed as they are
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "hatch.linewidth": 0.4,
        "hatch.color": "#aaaaaa",
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "citymrio",
        "figure.dpi": 100,
        "text.hinting": "none",  # letters are as wide in the layout as in print, at any resolution
        "savefig.dpi": config.dpi,
        "axes.unicode_minus": True,
    }


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw with the settings of the project whatever the user's own; add the mark of the run.

    The wrapped function takes ``(tables, boundaries, run)`` and returns a figure; the
    result takes the arguments of the contract, ``draw(tables, boundaries, config, *, synthetic,
    run)``.
    """

    @functools.wraps(draw)
    def wrapper(
        tables: Mapping[str, pd.DataFrame],
        boundaries: Boundaries,
        config: Figures,
        *,
        synthetic: bool,
        run: Mapping[str, Any],
    ) -> Figure:
        # In a copy of the context, where language and strip are set for this figure alone.
        return copy_context().run(drawn, tables, boundaries, config, synthetic, run)

    def drawn(
        tables: Tables, boundaries: Boundaries, config: Figures, synthetic: bool, run: Run
    ) -> Figure:
        _language.set(run.get("language", "en"))
        strip.set(strip.get() if config.footer or synthetic else 0.02)
        with matplotlib.style.context(settings(config), after_reset=True):
            figure = draw(_in_its_names(tables, run), boundaries, run)
            _footer(figure, config, synthetic, run)
            settle(figure)
            fonts.used(figure)  # refuses letters that no font has
        vars(figure).update(
            citymrio_settings=settings(config), citymrio_alt=_alt(draw, figure, synthetic, run)
        )
        return figure

    del wrapper.__wrapped__  # the signature shown is the wrapper's
    return wrapper


def _in_its_names(tables: Tables, run: Run) -> Tables:
    """Tables with the local names of regions and sectors, where figures speak another language
    than English and the dataset has them.
    """
    if _language.get() == "en":
        return tables
    called, found = {"region": dict(run.get("local", {})), "sector": {}}, dict(tables)
    for key, local in called.items():
        for frame in tables.values():
            if {key, "name_local"} <= {*frame.columns}:
                own = frame.dropna(subset="name_local")
                local |= dict(zip(own[key], own["name_local"], strict=True))
        for name, frame in tables.items():
            if {key, "name"} <= {*frame.columns}:
                own = frame[key].map(local).fillna("")
                found[name] = found[name].assign(name=frame["name"].mask(own.ne(""), own))
    return found


def speaking(
    run: Mapping[str, Any], language: str, regions: pd.DataFrame | None = None
) -> dict[str, Any]:
    """A run whose figures speak a language, with the local names of its regions (`region`,
    `name_local`) for tables that lack them.
    """
    local = {} if regions is None else regions.dropna(subset="name_local").set_index("region")
    return {
        **named(of_run(run), language),
        "language": language,
        "local": dict(local["name_local"] if len(local) else {}),
    }


def say(figure: Figure, text: str) -> None:
    """Add a sentence with the run's own numbers to what a figure says to readers who do not see it
    (:mod:`.alt`).
    """
    vars(figure)["citymrio_said"] = [*getattr(figure, "citymrio_said", []), text]


def _alt(
    draw: Callable[..., Figure], figure: Figure, synthetic: bool, run: Mapping[str, Any]
) -> str:
    """What a figure shows: its sentence, those that it said while it was drawn, and which data they
    are of.
    """
    module, function = draw.__module__.rsplit(".", 1)[-1], draw.__name__
    name = (
        module
        if function.strip("_") == "draw"
        else module + function
        if function.startswith("_")
        else function
    )
    data = word(", ").join(filter(None, [title_of(run), word("synthetic data") * synthetic]))
    source = word("Data: {}.", data) if data else ""
    said = [word(ALT.get(name, "")), *getattr(figure, "citymrio_said", []), source]
    return gap(_language.get()).join(filter(None, said))


def settle(figure: Figure) -> None:
    """Fix the positions of all parts: two passes of the layout (axes of fixed aspect need the
    second), then none.

    The solver of the layout adds its terms in an order that depends on the place in memory: the
    last bits of a position differ between equal processes, and one that lies between two printed
    numbers flips. Rounded, far below what print shows, it is one. A figure without a layout engine,
    which is None in the settings of the project, is drawn once when it is saved; with an engine
    that does nothing ("none") twice.
    """
    engine = figure.get_layout_engine()
    if isinstance(engine, PlaceHolderLayoutEngine | None):
        figure.draw_without_rendering()
    else:
        engine.execute(figure)
        engine.execute(figure)
        for axes in figure.axes:
            axes.set_position(np.round(axes.get_position(original=True).bounds, PLACES))
            locate: Any = axes.get_axes_locator()  # None too, and without a renderer
            axes.apply_aspect(locate(axes, None) if locate else None)
    figure.set_layout_engine(None)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, size in inch, with room for the footer below.

    A margin at both sides takes up that text is up to a few percent wider in print than at the
    resolution of the layout.
    """
    bottom, side = strip.get() / height, 0.06 / width
    engine = ConstrainedLayoutEngine(
        rect=(side, bottom, 1 - 2 * side, 1 - bottom),
        w_pad=0.04,
        h_pad=0.04,
        wspace=0.03,
        hspace=0.03,
    )
    return Figure(figsize=(width, height), layout=engine)


def legend_below(figure: Figure, handles: Sequence[Any]) -> None:
    """One line of a legend below all panels, from the left; the layout leaves room for it and for
    nothing else of it.
    """
    engine: Any = figure.get_layout_engine()
    side, bottom, width, height = engine.get()["rect"]
    raised = 0.22 / figure.get_figheight()
    engine.set(rect=(side, bottom + raised, width, height - raised))
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(side, bottom),
        ncols=len(handles),
        columnspacing=1.2,
    )


def names(
    axes: Axes | SecondaryAxis,
    places: Iterable[float],
    labels: Iterable[str],
    axis: Literal["x", "y"] = "y",
    **settings: Any,
) -> None:
    """Names at an axis instead of ticks; `settings` as of ``axes.set``."""
    axes.tick_params(axis=axis, length=0)
    named = {f"{axis}ticks": places, f"{axis}ticklabels": [word(label) for label in labels]}
    axes.set(**named, **settings)


def stack(
    axes: Axes, places: ArrayLike, parts: pd.DataFrame, colours: Mapping[str, Any], **look: Any
) -> None:
    """Horizontal bars at the places, the rows of `parts`, of its columns one after the other."""
    starts = parts.cumsum(axis=1).shift(axis=1, fill_value=0.0)
    for name, width in parts.items():
        axes.barh(places, width, left=starts[name], color=colours[str(name)], **look)


def grid(axes: Axes) -> None:
    """Faint vertical lines behind what is drawn."""
    axes.grid(axis="x", linewidth=0.3, color=FAINT)
    axes.set_axisbelow(True)


def ticks(axis: Axis, major: Locator, form: Callable[[float], str] | None = None) -> None:
    """Ticks where a locator has them, with plain numbers or in another form; those between them
    bear none.
    """
    axis.set_major_locator(major)
    axis.set_major_formatter(FuncFormatter(lambda value, _: (form or number)(value)))
    axis.set_minor_formatter(NullFormatter())


def _footer(figure: Figure, config: Figures, synthetic: bool, run: Mapping[str, Any]) -> None:
    """The line below: run, year and what is modelled (with `figures.footer`), and in any case that
    data are synthetic.
    """
    grey, red = {"color": MUTED}, {"color": "#a03000", "weight": "bold"}
    texts: tuple[tuple[float, str, str, dict[str, Any]], ...] = (
        (0.008, "left", title_of(run) * config.footer, grey),
        (0.5, "center", run.get("modelled", "") * config.footer, grey | {"style": "italic"}),
        (0.992, "right", word("synthetic data") * synthetic, red | {"style": "italic"}),
    )
    for x, side, said, look in texts:
        if said:
            y = 0.06 / figure.get_figheight()
            figure.text(x, y, said, ha=side, va="bottom", size=SMALL, in_layout=False, **look)


def modelled(total: pd.Series, split: pd.Series, language: str = "en") -> str:
    """How many regions' emissions are modelled, in total and by sector; blank where none are.

    `total` is `emissions_status` and `split` `emissions_split_status` of regions.csv.
    """
    count, apart = (int(status.eq("modelled").sum()) for status in (total, split))
    both = len(total)
    if not count:
        said = "emissions by sector modelled, not observed, in {} of {} regions"
        return word_in(said, language, apart, both) if apart else ""
    said = word_in("emissions modelled, not observed, in {} of {} regions", language, count, both)
    return said + ("" if apart == count else word_in("; by sector in {}", language, apart))


def save(
    figure: Figure,
    stem: str | Path,
    stamp: Mapping[str, Any] | None = None,
    formats: Sequence[str] = ("pdf", "png"),
) -> tuple[Path, ...]:
    """Write ``stem.pdf``, ``stem.png``, ... with what they show and with their stamp, to which the
    fonts are added.

    The same figure and fonts give the same bytes: there is no date in them.
    """
    stamp = {**stamp, "fonts": fonts.used(figure)} if stamp else None
    files = tuple(Path(f"{stem}.{kind}") for kind in formats)
    chosen, alt = getattr(figure, "citymrio_settings", {}), getattr(figure, "citymrio_alt", "")
    with matplotlib.style.context(chosen, after_reset=True):
        for kind, file in zip(formats, files, strict=True):
            options = {"metadata": METADATA[kind](stamp, alt), **OPTIONS.get(kind, {})}
            write_atomic(file, functools.partial(figure.savefig, **options))
    return files


def save_stamped(
    figure: Figure,
    png: str | Path,
    inputs: Iterable[str | Path],
    settings: Mapping[str, Any],
    formats: Sequence[str] = ("pdf", "png"),
    above: int = 1,
) -> None:
    """Write a figure of a run beside the path of its PNG, with the stamp of what it is made from
    (:func:`citymrio.base.stamp.figure_stamp`); the folder of the run lies so many `above` its own.
    """
    stem = Path(png).with_suffix("")
    save(figure, stem, figure_stamp(stem.name, inputs, settings, stem.parents[above]), formats)


def parameter(table: pd.DataFrame, name: str) -> float:
    """A named value of a table with columns parameter and value; NaN when it is not there."""
    found = table.loc[table["parameter"] == name, "value"]
    return float(found.iloc[0]) if len(found) else float("nan")


def cities(regions: pd.DataFrame) -> pd.DataFrame:
    """Regions that are cities (without provinces kept whole)."""
    return regions[regions["kind"] != "province"]


def present(values: pd.Series, order: Sequence[str]) -> list[str]:
    """Labels that occur, in the given order, unknown ones last."""
    found = {str(value) for value in values if isinstance(value, str) and value}
    return [label for label in order if label in found] + sorted(found - set(order))


def colours_of(labels: Iterable[str], colours: Mapping[str, str]) -> dict[str, str]:
    """A colour for every label: its own, or for one without the spare ones in turn, so that no two
    look alike.
    """
    spare = itertools.cycle(SPARE_COLOURS)
    return {label: colours[label] if label in colours else next(spare) for label in labels}


def sequential(count: int) -> ListedColormap:
    """`count` colours from light (low) to dark (high): YlGnBu of ColorBrewer (steady in
    lightness).
    """
    return ListedColormap(matplotlib.colormaps["YlGnBu"](np.linspace(0.03, 0.97, max(count, 1))))


def round_breaks(values: ArrayLike, most: int = 5) -> list[float]:
    """Class limits 1, 2, 5, 10, ... between the 3rd and 97th percentile of the positive values, at
    most `most`.

    Where there are fewer, they go on above the 97th percentile, so that high values are told apart.
    Values so close to one another that fewer than two of these part them are parted by equal round
    steps.
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not numbers.size:
        return []
    low, high = np.quantile(numbers, (0.03, 0.97))
    series = [round(step, 10) for step in scale_steps(low, high)]
    breaks = [value for value in series if low <= value <= high]
    if len(breaks) >= 2:
        breaks += [value for value in series if high < value <= numbers.max()][
            : max(most - len(breaks), 0)
        ]
    if len(breaks) < 2 and high - low > FLAT * high:
        step = next(
            s for s in scale_steps((high - low) / 100, high - low) if s * most >= high - low
        )
        multiples = range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)
        breaks = [round(k * step, 10) for k in multiples] or breaks
    return breaks[-most:]


def number(value: float) -> str:
    """A class limit or axis number without trailing zeros, thousands parted by commas."""
    return f"{value:,.10g}"


def amount(value: float) -> str:
    """An amount with the digits that it needs: 1,234, 12, 1.2, 0.12, and in words what would print
    as 0.00.
    """
    if value == 0:
        return "0"
    if abs(value) < 0.005:
        return "\N{ALMOST EQUAL TO} 0"
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def class_names(breaks: Sequence[float]) -> list[str]:
    """Names of the classes between limits: ``< 1``, ``1–2``, ``≥ 2``."""
    if not breaks:
        return [word("all")]
    inner = [f"{number(a)}–{number(b)}" for a, b in zip(breaks[:-1], breaks[1:], strict=True)]
    return [f"< {number(breaks[0])}", *inner, f"≥ {number(breaks[-1])}"]


def ink_on(colour: ColorType) -> str:
    """White or dark text, whichever stands out more on `colour` (relative luminance, WCAG 2.1)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.22 else INK


def panel(axes: Axes, letter: str, title: str, pad: float | None = None) -> None:
    """Title of a panel: bold letter, sentence; `pad` points above the axes."""
    title = word(title)
    if letter:  # a formula, beside which letters are of the first font alone
        below = "₂" if fonts.sets("₂", matplotlib.rcParams["font.family"][0]) else "$_2$"
        title = f"$\\bf{{{letter}}}$  " + title.replace("$", r"\$").replace("₂", below)
    axes.set_title(title, loc="left", pad=pad, parse_math=bool(letter))


def panels(
    height: float, titles: Sequence[str], pad: float | None = None, **layout: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of two columns and the axes of its panels, with titles as :func:`panel` sets them,
    and letters where there are several; `layout` as of ``figure.subplots``, by default one row.
    """
    figure = new_figure(DOUBLE, height)
    shape: dict[str, Any] = {"ncols": len(titles), **layout} if "nrows" not in layout else layout
    every = figure.subplots(squeeze=False, **shape).ravel().tolist()
    for axes, letter, title in zip(every, ascii_lowercase, titles, strict=False):
        panel(axes, letter if len(titles) > 1 else "", title, pad)
    return figure, every


def note(axes: Axes, text: str) -> None:
    """A panel that holds only a note."""
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        word(text),
        ha="center",
        va="center",
        color=MUTED,
        transform=axes.transAxes,
        wrap=True,
    )


def noted(figure: Figure, text: str) -> Figure:
    """A figure of one panel, or none yet, that holds only a note."""
    note(figure.axes[0] if figure.axes else figure.subplots(), text)
    return figure


def interval_words(run: Mapping[str, Any]) -> str:
    """What intervals are called in a legend: ``90% interval``, with the ensemble's method where it
    is not the run's.
    """
    return word("{:.0%} interval", run["level"]) + (
        word(", {} method", word(run["method"])) if run.get("method") else ""
    )


def assumed_look(colour: str) -> dict[str, Any]:
    """A bar or box of a value that is assumed: hollow, dashed."""
    return {"facecolor": "white", "edgecolor": colour, "linewidth": 0.8, "linestyle": (0, (3, 1.5))}


#: Name of what is assumed in a legend.
ASSUMED = "Assumed"


def line(label: str, **look: Any) -> Line2D:
    """A line of a legend."""
    return Line2D([], [], label=word(label), **look)


def patch(label: str, **look: Any) -> Patch:
    """A filled box of a legend."""
    return Patch(label=word(label), **look)


def dot(
    colour: str, label: str, marker: str = "o", size: float = 4.5, edge: str = "none"
) -> Line2D:
    """A legend entry: marker."""
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        color=colour,
        markersize=size,
        markeredgecolor=edge,
        markeredgewidth=0.5,
        label=word(label),
    )
