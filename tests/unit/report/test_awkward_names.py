"""One country with every awkward name, in every figure: nothing is lost, read as mathematics, or
taken for a blank.
"""

from __future__ import annotations

from types import SimpleNamespace

import figure_tables
import pandas as pd
import pytest
from figure_texts import texts_of
from matplotlib.patches import Patch
from thorough import sampled

from citymrio.base.labels import read_table, write_table
from citymrio.config.models import Figures
from citymrio.report.figures import registry

pytestmark = pytest.mark.slow

CONFIG = Figures(dpi=72)
RUN = r"Cost $5 & $x_1$ \frac$"
#: Names of places and products, in turn.
NAMES = (
    RUN,
    '<b>"&amp;',
    "O'Brien's, St. John",
    "Łódź ß Ørsted",
    "NA",
    "None",
    "a_b^c{d}",
    "50%",
    "-1",
    "#1",
)
COLUMNS = ("name", "name_local", "province_name", "product_name", "origin_name")
#: Structures and key sectors that are not called as those of the study.
CODES = {
    "agriculture": "farms",
    "energy": "mines",
    "heavy": "works",
    "high_tech": "offices",
    "coal": "pits",
    "chemicals": "NA_x",
}


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    """The same numbers under awkward names."""
    table = table.assign(
        **{
            c: [f"{NAMES[k % len(NAMES)]} {k}" for k in range(len(table))]
            for c in COLUMNS
            if c in table
        }
    )
    codes = [
        c
        for c in table
        if c in ("structure", "structure_b", "group", "group_a", "key_sector", "residual")
        or c.endswith("_structure")
    ]
    table = table.assign(**{column: table[column].replace(CODES) for column in codes})
    if "parameter" in table:
        start = table["parameter"].str.partition(".")
        table = table.assign(parameter=start[0] + start[1] + start[2].replace(CODES))
    return table.rename(
        columns=lambda column: next(
            (column.removesuffix(o) + n for o, n in CODES.items() if column.endswith(f"_{o}")),
            column,
        )
    )


@pytest.fixture(scope="module")
def plain() -> SimpleNamespace:
    return figure_tables.make(seed=7, cities=40, unsplit=1)


@pytest.fixture(scope="module")
def awkward(plain) -> SimpleNamespace:
    tables = {name: renamed(table) for name, table in plain.tables.items()}
    return SimpleNamespace(
        tables=tables, boundaries=plain.boundaries, run={**plain.run, "name": RUN}
    )


def drawn(made: SimpleNamespace, name: str, read=lambda table, _: table):
    entry = registry.FIGURES[name]
    tables = {table: read(made.tables[table], table) for table in (*entry.tables, *entry.dataset)}
    shapes = made.boundaries if entry.needs_map else None
    return figure_tables.draw(name, tables, shapes, CONFIG, synthetic=False, run=made.run)


def words(figure, made: SimpleNamespace) -> list[str]:
    """Texts but labels of ticks and names: long names leave room for fewer of these."""
    shown = [text.get_text() for text in texts_of(figure)]
    names = [
        name
        for table in made.tables.values()
        for column in COLUMNS
        if column in table
        for name in table[column]
        if name
    ]
    return [
        text
        for text in shown
        if any(map(str.isalpha, text)) and not any(name in text for name in names)
    ]


@pytest.mark.parametrize("name", sampled(registry.FIGURES, 3))
def test_a_figure_of_awkward_names(plain, awkward, tmp_path, name):
    """As many texts and parts as under plain names, every name as it stands, and the same from the
    files of a run.
    """

    def from_file(table: pd.DataFrame, of: str) -> pd.DataFrame:
        write_table(table, tmp_path / f"{of}.csv")
        return read_table(tmp_path / f"{of}.csv")

    figure, usual = drawn(awkward, name), drawn(plain, name)
    texts = texts_of(figure)
    assert [
        text.get_text() for text in texts if text.get_parse_math() and "Cost" in text.get_text()
    ] == []
    shown = [text.get_text() for text in texts]
    assert f"{RUN}, 2012" in shown
    assert not [text for text in shown if "synthetic" in text.lower()]
    assert len(figure.axes) == len(usual.axes)
    assert len(words(figure, awkward)) == len(words(usual, plain))
    assert len(figure.findobj(Patch)) == len(usual.findobj(Patch))
    if name in ("fig3", "figS7", "supply_chains"):
        assert any(text.startswith(NAMES) and text != f"{RUN}, 2012" for text in shown), shown
    assert [text.get_text() for text in texts_of(drawn(awkward, name, from_file))] == [
        text.get_text() for text in texts
    ]
