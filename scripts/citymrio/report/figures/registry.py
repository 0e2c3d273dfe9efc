"""The figures of a run: one module for each, its captions beside it (``<name>.rst``,
``<name>.zh.rst``), and one entry
here.

Rules, report and tests follow from the entries. Nothing heavy is imported (no matplotlib, no
pandas), since the workflow reads the entries whenever it is parsed; the module of a figure is
imported when the figure is drawn.
"""

from pathlib import Path
from typing import NamedTuple

from ..language import in_country_words, word
from .alt import ALT

MAIN, SUPPLEMENT, CHAINS, UNCERTAINTY = (
    "Paper, main text",
    "Paper, supplement",
    "Supply chains",
    "Uncertainty",
)
ACCURACY = "Accuracy"


class Entry(NamedTuple):
    """A figure: what draws it, what it shows, what it reads.

    Attributes
    ----------
    module
        Has ``draw(tables, boundaries, config, *, synthetic, run)``, made by
        :func:`citymrio.report.figures.style.styled`.
    group
        Where the report shows it.
    tables
        Tables of ``results/<run>/tables/`` that it reads.
    dataset
        Tables of ``results/<run>/dataset/`` that it reads.
    intervals
        Tables of ``results/<run>/uncertainty/`` that it reads where the run has an ensemble
        (`uncertainty.members`), as ``tables["uncertainty/<table>"]``; without one
        these are not there. ``run["level"]`` is then the probability of the intervals,
        ``run["method"]`` the ensemble's method where it is not that of the run
        (:func:`.style.interval_words`).
    needs_map
        Whether it draws ``results/<run>/dataset/boundaries.geojson`` (a note takes its place when
        there is none).
    emissions
        Whether it shows emissions, and so says how many of them are modelled.
    """

    module: str
    group: str
    tables: tuple[str, ...]
    dataset: tuple[str, ...] = ()
    intervals: tuple[str, ...] = ()
    needs_map: bool = False
    emissions: bool = True


#: Name of a figure (that of its files) -> its entry, in the order of the rules.
FIGURES = {
    "fig1": Entry(
        "citymrio.report.figures.fig1",
        MAIN,
        ("regions", "quintiles", "structures", "clusters", "centroids"),
        ("benchmarks",),
        ("numbers",),
        needs_map=True,
    ),
    "fig2": Entry(
        "citymrio.report.figures.fig2",
        MAIN,
        ("regions", "quintiles", "flows_groups", "va_per_emission"),
        intervals=("cells",),
    ),
    "fig3": Entry(
        "citymrio.report.figures.fig3",
        MAIN,
        ("regions", "parameters"),
        intervals=("regions",),
    ),
    "fig4": Entry(
        "citymrio.report.figures.fig4",
        MAIN,
        ("scenarios", "quota", "deficits"),
        ("benchmarks",),
        ("numbers",),
    ),
    "figS1": Entry(
        "citymrio.report.figures.figS1",
        SUPPLEMENT,
        ("regions", "quintiles", "parameters"),
        needs_map=True,
        emissions=False,
    ),
    "figS2": Entry(
        "citymrio.report.figures.figS2",
        SUPPLEMENT,
        ("regions", "clusters", "centroids"),
        needs_map=True,
        emissions=False,
    ),
    "figS3": Entry(
        "citymrio.report.figures.figS3",
        SUPPLEMENT,
        ("regions",),
        ("sectors", "final_demand"),
        emissions=False,
    ),
    "figS4": Entry(
        "citymrio.report.figures.figS4",
        SUPPLEMENT,
        ("intensities",),
        ("benchmarks",),
    ),
    "figS5": Entry("citymrio.report.figures.figS5", SUPPLEMENT, ("quintiles",)),
    "figS6": Entry(
        "citymrio.report.figures.figS6",
        SUPPLEMENT,
        ("quintiles", "clusters", "centroids"),
        emissions=False,
    ),
    "figS7": Entry(
        "citymrio.report.figures.figS7",
        SUPPLEMENT,
        ("intensities",),
        ("benchmarks",),
    ),
    "figS8": Entry(
        "citymrio.report.figures.figS8",
        SUPPLEMENT,
        ("regions", "parameters"),
        ("benchmarks",),
        emissions=False,
    ),
    "emissions_trends": Entry(
        "citymrio.report.figures.emissions_trends",
        MAIN,
        ("emissions_trends",),
        emissions=False,
    ),
    "supply_chains": Entry(
        "citymrio.report.figures.supply_chains",
        CHAINS,
        ("production_layers", "supply_chains", "regions"),
        ("sectors",),
    ),
}

#: Figures of a run that stands beside the paper, by the same rules.
BESIDE_PAPER = {
    "readings": Entry(
        "citymrio.report.figures.readings",
        ACCURACY,
        ("readings", "paper_comparison"),
        emissions=False,
    ),
}

#: Figures of a run that stands beside a known table (`assessment.known_table`), by the same rules.
KNOWN = {
    "known_table": Entry(
        "citymrio.report.figures.known_table",
        ACCURACY,
        ("known_trade", "known_flows", "regions"),
    ),
}

#: Figures of an ensemble (`uncertainty.members`), by the same rules: functions of :mod:`.ensemble`
#: that have their names.
ENSEMBLE = {
    "intervals": Entry(
        "citymrio.report.figures.ensemble",
        UNCERTAINTY,
        ("regions",),
    ),
    "membership": Entry(
        "citymrio.report.figures.ensemble",
        UNCERTAINTY,
        ("regions",),
    ),
    "intercity_share": Entry(
        "citymrio.report.figures.ensemble",
        UNCERTAINTY,
        ("numbers",),
    ),
    "scenarios": Entry(
        "citymrio.report.figures.ensemble",
        UNCERTAINTY,
        ("numbers",),
    ),
}

#: The figure of the value of data (`make value-of-data`), by the rules of an ensemble's.
VALUE = {
    "value_of_data": Entry(
        "citymrio.report.figures.ensemble",
        UNCERTAINTY,
        ("value_of_data",),
    )
}

#: The figure of `make validation`, by the rules of a run's; its tables are those of
#: results/<run>/validation/.
VALIDATION = {
    "validation": Entry(
        "citymrio.report.figures.validation",
        ACCURACY,
        ("left_out", "scores", "apart", "apart_scores"),
        emissions=False,
    )
}

#: Figures of the first page of a run, those that it has, in the order of their importance.
CHOICE = (
    "fig1",
    "fig2",
    "fig3",
    "fig4",
    "intervals",
    "known_table",
    "readings",
    "supply_chains",
    "figS1",
    "figS2",
    "figS7",
)


def caption_file(name: str, language: str = "en") -> Path:
    """The file of a figure's caption."""
    return Path(__file__).parent / f"{name}{'' if language == 'en' else f'.{language}'}.rst"


def alt(name: str, language: str = "en") -> str:
    """What a figure shows, in a sentence for readers who do not see it; its files hold this and the
    run's main numbers.

    Raises
    ------
    KeyError
        There is no figure of that name.
    """
    return word(ALT[name], language)


def caption(name: str, language: str = "en") -> str:
    """The caption of a figure, on one line."""
    lines = caption_file(name, language).read_text(encoding="utf-8").splitlines()
    return in_country_words(
        (" " if language == "en" else "").join(line.strip() for line in lines), language
    )
