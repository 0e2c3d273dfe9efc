"""Kind `tables`: raw tables of regions, described by lists, become a dataset; every fault says its
place.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables_world import (
    CATEGORIES,
    FILES,
    NAMES,
    REGIONS,
    SECTORS,
    YEAR,
    World,
    write_sources,
    write_world,
)

from citymrio.base.errors import CityMRIOError, collect_notices
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.dataset.reading import make_dataset
from citymrio.dataset.sources.tables.accounts import accounts
from citymrio.dataset.sources.tables.blocks import Blocks
from citymrio.dataset.sums import allowed_gap

#: Files of the sources list: role and province.
ROLES = {**{name: (block, "") for block, name in FILES.items()}, "map.json": ("boundaries", "")}
MEMBERS = {"A": [0, 1], "B": [2], "C": [3]}


def made(folder: Path, **keys) -> Path:
    config = write_world(folder, **keys)
    make_dataset(config, folder / "dataset")
    return folder / "dataset"


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The dataset of the world as it is."""
    return made(tmp_path_factory.mktemp("plain"))


def rewrite(path: Path, change) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(change(rows))


def test_provincial_tables_are_the_sums_of_their_regions(plain):
    world, folder = World(), plain
    for province, members in MEMBERS.items():
        table = read_dataset(folder / f"provinces/{province}.nc")
        use = (world.home + world.regions + world.imports)[:, members].sum(axis=1)
        np.testing.assert_allclose(
            table["total_use"].sel(use=[*SECTORS, *CATEGORIES[:2]]), use, rtol=1e-12
        )
        np.testing.assert_allclose(
            table["total_use"].sel(use="stock_changes"),
            world.stocks[:, members].sum(axis=1),
            rtol=1e-9,
        )
        np.testing.assert_allclose(table["output"], world.output[:, members].sum(axis=1))
        np.testing.assert_allclose(
            table["value_added"].sum("item"), world.value_added[:, members].sum(axis=1)
        )
        np.testing.assert_allclose(
            table["imports"], world.imports[:, members].sum(axis=(1, 2))
        )  # without re-exports
        np.testing.assert_allclose(table["error"], 0.0, atol=1e-9)


def test_what_is_bought_abroad_and_elsewhere_stays_known(plain):
    world, named = World(), [*SECTORS, *CATEGORIES[:2]]
    for province, members in MEMBERS.items():
        table = read_dataset(plain / f"provinces/{province}.nc")
        np.testing.assert_allclose(
            table["imports_use"].sel(use=named), world.imports[:, members].sum(axis=1), rtol=1e-9
        )
        np.testing.assert_allclose(
            table["inflow_use"].sum("use"), table["inflow"], rtol=1e-9, atol=1e-9
        )
        bought = world.regions[:, members].sum(axis=1)
        assert (table["inflow_use"].sel(use=named).values <= bought + 1e-9).all()
        if len(members) == 1:
            np.testing.assert_allclose(table["inflow_use"].sel(use=named), bought, rtol=1e-9)


def test_trade_inside_a_province_is_not_trade_between_provinces(tmp_path):
    world = World()
    world.via[:] = 0.0
    world.print_sums()
    folder = made(tmp_path, world=world)
    tables = {p: read_dataset(folder / f"provinces/{p}.nc") for p in MEMBERS}
    for province in ("B", "C"):  # a province of one region: as printed
        region = MEMBERS[province][0]
        np.testing.assert_allclose(
            tables[province]["outflow"], world.deliveries[:, region], rtol=1e-9
        )
    sold, bought = (sum(table[name] for table in tables.values()) for name in ("outflow", "inflow"))
    np.testing.assert_allclose(sold, bought, rtol=1e-9)
    inside = world.deliveries[:, :2].sum(axis=1) - tables["A"]["outflow"].values
    np.testing.assert_allclose(
        inside, world.trade[:, 0, 1] + world.trade[:, 1, 0], rtol=1e-3
    )  # the world's trade is gravity


def test_products_that_pass_through_are_exports_of_the_regions_that_made_them(plain):
    world, folder = World(), plain
    exports = sum(read_dataset(folder / f"provinces/{p}.nc")["exports"].values for p in MEMBERS)
    np.testing.assert_allclose(
        exports, (world.exports + world.via.sum(axis=2)).sum(axis=1), rtol=1e-9
    )
    notes = " ".join(read_json(folder / "dataset.json")["notes"])
    assert f"Re-exports, {world.reexports.sum():.6g} 10^4 EUR" in notes
    assert (
        f"exports, {world.via.sum():.6g} 10^4 EUR, are exports of the regions that made them"
        in notes
    )
    assert "Modelled: the trade of 2 regions" in notes
    table = read_table(folder / "observations/A.csv")
    moved = table[(table["quantity"] == "exports") & table["sectors"].isin(["farm", "mill"])]
    assert set(moved["status"]) == {"imputed"} and set(table["status"]) == {"imputed", "observed"}


@pytest.mark.parametrize("inside", [False, True])
def test_a_column_of_re_exports_beside_total_use_is_in_no_account(inside):
    """Such a column could be called unused only: the error account took it."""
    use = np.array([[[4.0, 1.0, 5.0], [2.0, 3.0, 6.0]], [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]])
    exports, imports = np.array([[3.0, 0.0], [2.0, 1.0]]), np.array([[1.0, 2.0], [0.0, 3.0]])
    again = np.array([[0.0, 5.0], [0.0, 0.0]])
    trade = {"exports": exports + again * inside, "imports": imports + again, "re_exports": again}
    blocks = Blocks(
        ["Ala", "Bor"],
        ["farm", "mill"],
        ["households"],
        ["wages"],
        {"total": use},
        {("total", name): values for name, values in trade.items()},
        np.ones((2, 1, 2)),
        use.sum(axis=2) + exports - imports,
        {},
    )
    regions = pd.DataFrame({"region": blocks.regions, "province": ["A", "B"]})
    with collect_notices() as notices:
        found = accounts(blocks, regions, "layout.csv")
    np.testing.assert_allclose(found.exports, exports)
    np.testing.assert_allclose(found.imports, imports)
    np.testing.assert_allclose(found.error, 0.0, atol=1e-12)
    assert found.reexports == 5
    assert any("without re-exports of 5" in notice.value for notice in notices)


def test_sales_that_miss_purchases_are_booked_in_the_error_account(tmp_path):
    def more(block, cells):
        if block != "home":
            return cells
        return [(r, i, c, 1.1 * v if c == "Kotimaahan" else v) for r, i, c, v in cells]

    def closed(block, cells):  # the row adds up: what is sold more is made more, and is surplus
        cells = more(block, cells)
        if block == "home":
            world = World()
            extra = {
                (r, name): 0.1 * world.deliveries[i, k]
                for k, r in enumerate(REGIONS)
                for i, name in enumerate(NAMES.values())
            }
            cells = [
                (r, i, c, v + extra[r, c] if i in ("Tuotos", "Ylijäämä") else v)
                for r, i, c, v in cells
            ]
        return cells

    world, folder = World(), made(tmp_path, edit=closed)
    error = sum(read_dataset(folder / f"provinces/{p}.nc")["error"].values for p in MEMBERS)
    np.testing.assert_allclose(error, 0.1 * world.deliveries.sum(axis=1), rtol=1e-9)
    assert "the error account takes the difference" in " ".join(
        read_json(folder / "dataset.json")["notes"]
    )
    with pytest.raises(CityMRIOError, match="the row of sector"):
        made(tmp_path / "open", edit=more)


def test_gaps_that_are_booked_are_said_and_the_columns_close(tmp_path):
    """A row that misses by a thousandth stood in the account error, an open column in provinces/,
    and no warning said so.
    """

    def off(block, cells):
        wrong = {
            ("Cee", "10 Teollisuus", "P6 Vienti"): -0.08,
            ("Ala", "Palkat", NAMES["farm"]): 0.1,
        }
        return [
            (r, i, c, v + wrong.get((r, i, c), 0)) if block == "home" else (r, i, c, v)
            for r, i, c, v in cells
        ]

    config = write_world(tmp_path, edit=off)
    _, notices = make_dataset(config, tmp_path / "dataset")
    said = {notice.what: notice for notice in notices}
    row, column = (said[f"{side}s that do not add up"] for side in ("row", "column"))
    assert row.where == column.where == str(tmp_path / "raw/home.csv")
    assert row.value.startswith(
        "1 of 12, 0.08 in sum of amounts; the largest: the row of sector mill"
    )
    assert "of region Cee: 0.08 of" in row.value and "the account error" in row.effect
    assert "the column of sector farm of region Ala: -0.1 of" in column.value
    assert "the largest item of value added" in column.effect
    table = read_dataset(tmp_path / "dataset/provinces/C.nc")
    np.testing.assert_allclose(table["error"], [0, 0.08, 0], atol=1e-9)
    world, table = World(), read_dataset(tmp_path / "dataset/provinces/A.nc")
    np.testing.assert_allclose(
        table["total_use"].sel(use=SECTORS).sum("sector").values + table["value_added"].sum("item"),
        table["output"],
        rtol=1e-12,
    )
    told = read_table(tmp_path / "dataset/observations/A.csv")
    told = told[told["quantity"].eq("value_added") & told["sectors"].eq("farm")]
    assert told.set_index("region").at["Ala", "value"] == pytest.approx(world.value_added[0, 0])


def test_a_small_region_is_judged_by_its_own_outputs():
    small, large = np.array([5.0, 8.0]), np.array([5e4, 8e4])
    limit = allowed_gap(np.stack([large, small]), 4, 0.0)
    np.testing.assert_allclose(limit, [[1.0, 1.0], [0.0065, 0.0065]])


def test_wide_files_say_the_same(plain, tmp_path):
    wide = made(tmp_path, form="wide")
    for province in MEMBERS:
        one, other = (read_dataset(folder / f"provinces/{province}.nc") for folder in (plain, wide))
        assert one.equals(other)


def test_a_factor_brings_files_to_the_unit_of_the_dataset(tmp_path):
    config = write_world(tmp_path)

    def tenfold(rows):
        return [rows[0], *([*row[:7], "10", *row[8:]] for row in rows[1:])]

    rewrite(tmp_path / "lists/files.csv", tenfold)
    make_dataset(config, tmp_path / "dataset")
    output = read_dataset(tmp_path / "dataset/provinces/B.nc")["output"]
    np.testing.assert_allclose(output, 10 * World().output[:, 2])


def recode(path):
    path.write_text(path.read_text("utf-8"), "latin-1")


def write_years(folder, years_of):
    """Raw files with a column of years: `years_of` has the rows of a file, from its cells."""
    for path in [folder / "raw" / name for name in FILES.values()]:
        head, *cells = (line.split(";") for line in path.read_text("utf-8").splitlines())
        lines = [";".join(row) for row in [[*head, "YEAR"], *years_of(path.name, cells)]]
        path.write_text("\n".join(lines), "utf-8")
    write_sources(folder, ROLES)
    rewrite(
        folder / "lists/files.csv",
        lambda rows: [[*rows[0], "year"], *([*row, "YEAR"] for row in rows[1:])],
    )


@pytest.mark.parametrize("grown", [{}, {name: k + 2.0 for k, name in enumerate(FILES.values())}])
def test_of_several_years_the_one_of_the_dataset_is_read_and_gaps_have_the_nearest_own(
    tmp_path, plain, grown
):
    config, sums = write_world(tmp_path, observations=("value_added",)), np.zeros(2)

    def years_of(file, cells):
        rows = [[*row, str(YEAR - 2 if row[0] == "Cee" else YEAR)] for row in cells]
        rows += [[*row[:-1], "1", str(YEAR + 4)] for row in cells]
        for row in cells if grown else ():  # the others have grown since, each file by its own
            if row[0] != "Cee":  # the third region has no row of the year
                before = float(row[-1]) / grown[file]
                rows.append([*row[:-1], repr(before), str(YEAR - 2)])
                sums[:] += float(row[-1]), before
        return rows

    write_years(tmp_path, years_of)
    _, notices = make_dataset(config, tmp_path / "dataset")
    growth = sums[0] / sums[1] if grown else 1.0
    for province in MEMBERS:
        one, other = (
            read_dataset(f / f"provinces/{province}.nc") for f in (tmp_path / "dataset", plain)
        )
        times = growth if province == "C" else 1
        np.testing.assert_allclose(one["total_use"], times * other["total_use"], rtol=1e-12)
    said = [n.value for n in notices if "has in other years" in n.what]
    assert said == [f"Cee: {YEAR - 2} (x {growth:.4g})"]
    status = {
        code: {*read_table(tmp_path / f"dataset/observations/{code}.csv")["status"]}
        for code in MEMBERS
    }
    assert status == {"A": {"observed"}, "B": {"observed"}, "C": {"imputed"}}


@pytest.mark.parametrize(
    ("years", "said"),
    [
        (["2018.5"], "row 2: '2018.5' is no year. Fix: correct column 'year' of files.csv"),
        ([], "no row is 'output'; expected value added and output of every sector"),
    ],
    ids=["half a year", "no rows"],
)
def test_a_file_of_years_that_says_none_is_refused(tmp_path, years, said):
    config = write_world(tmp_path)
    write_years(tmp_path, lambda _, cells: [[*row, year] for row in cells for year in years])
    with pytest.raises(CityMRIOError) as error:
        make_dataset(config, tmp_path / "dataset")
    assert said in str(error.value)


def test_a_region_whose_files_have_no_year_in_common_is_refused(tmp_path):
    """Half of its accounts would be of one year, half of another."""
    config = write_world(tmp_path)
    first = next(iter(FILES.values()))

    def years_of(file, cells):
        gap = YEAR - 2 if file == first else YEAR - 1
        return [[*row, str(gap if row[0] == "Cee" else YEAR)] for row in cells]

    write_years(tmp_path, years_of)
    with pytest.raises(CityMRIOError) as error:
        make_dataset(config, tmp_path / "dataset")
    assert f"{first}: 'Cee' has no row of {YEAR - 1}, the year that its other" in str(error.value)
    assert "give one year of the region to all its files" in str(error.value)


def test_files_without_any_table_are_refused(tmp_path):
    config = write_world(tmp_path)
    rewrite(
        tmp_path / "lists/files.csv",
        lambda rows: [rows[0], *(row for row in rows if "boundaries" in row)],
    )
    write_sources(tmp_path, {"map.json": ("boundaries", "")})
    with pytest.raises(CityMRIOError, match="no role is one of home, regions, abroad, total"):
        make_dataset(config, tmp_path / "dataset")


def test_observations_are_those_that_are_asked_for(tmp_path):
    folder = made(tmp_path, observations=("value_added",))
    table = read_table(folder / "observations/A.csv")
    assert set(table["quantity"]) == {"value_added"} and len(table) == 6
    by_sector = table.set_index(["region", "sectors"])["value"]
    assert by_sector["Aho", "mill"] == pytest.approx(World().value_added[1, 1])


def test_regions_have_places_from_their_polygons_and_their_kind(plain):
    table = read_table(plain / "regions.csv").set_index("region")
    assert table["kind"].to_dict() == {
        "Aho": "city",
        "Ala": "city",
        "Bor": "municipality",
        "Cee": "municipality",
    }
    assert table.loc["Cee", ["lon", "lat"]].tolist() == pytest.approx([23.5, 60.5])
    assert table.at["Cee", "area_km2"] == pytest.approx(
        6110, rel=0.01
    )  # a degree by a degree at 60.5 N
    assert table.at["Bor", "gdp"] == pytest.approx(World().value_added[:, 2].sum())


def test_places_can_be_given_in_the_list(tmp_path):
    config = write_world(tmp_path)
    kept = {
        f"{block}.csv": (role, "")
        for block, role in (("home", "home"), ("other", "regions"), ("world", "abroad"))
    }
    write_sources(tmp_path, kept)
    with pytest.raises(CityMRIOError, match="column 'lon' is missing, and there are no polygons"):
        make_dataset(config, tmp_path / "dataset")
    rewrite(
        tmp_path / "lists/regions.csv",
        lambda rows: [
            [*rows[0], "lon", "lat", "area_km2"],
            *([*row, 20 + k, 60, 500] for k, row in enumerate(rows[1:])),
        ],
    )
    make_dataset(config, tmp_path / "dataset")
    assert read_table(tmp_path / "dataset/regions.csv")["lon"].tolist() == [21, 20, 22, 23]
    rewrite(
        tmp_path / "lists/regions.csv",
        lambda rows: [rows[0], *([*row[:-2], 120, 500] for row in rows[1:])],
    )
    with pytest.raises(CityMRIOError, match="lists/regions.csv.*lat.*at most 90"):
        make_dataset(config, tmp_path / "dataset")


def _cells(change):
    return lambda folder: {"edit": change}


def _without(*names):
    return lambda block, cells: (
        [cell for cell in cells if not set(names) & set(cell)] if block == "home" else cells
    )


def _damaged(old, new):
    return lambda block, cells: [
        tuple(new if part == old else part for part in cell) for cell in cells
    ]


def _first(new):
    return lambda block, cells: [(*cells[0][:3], new), *cells[1:]]


CELLS = {
    "an unknown row": (
        _damaged("10 Teollisuus", "99 Muut"),
        r"row \d+, row '99 Muut' is not in layout.csv",
    ),
    "an unknown region": (_damaged("Cee", "Dee"), r"row \d+, region 'Dee' is not in regions.csv"),
    "a cell twice": (lambda block, cells: [*cells, cells[0]], r"given twice \(1 such\)"),
    "a cell that is absent": (
        lambda block, cells: cells[1:],
        "there is no number of region 'Ala', row '01 Maatalous'",
    ),
    "a region that is absent": (_without("Bor"), "there is no number of region 'Bor'"),
    "no number": (_first("n.a."), r"row 2: 'n.a.' is no number"),
    "a row that does not add up": (
        _first(999.0),
        r"the column of sector farm of region(.|\n)*,own judgement,the column does not add up",
    ),
    "no output": (_without("Tuotos"), "no row is 'output'"),
    "no deliveries": (_without("Kotimaahan"), "the row of sector"),
}


@pytest.mark.parametrize("name", CELLS)
def test_damaged_cells_are_refused_with_their_place(tmp_path, name):
    edit, words = CELLS[name]
    with pytest.raises(CityMRIOError, match=words) as caught:
        made(tmp_path, edit=edit)
    assert not list((tmp_path / "dataset").glob("**/*.nc"))
    assert str(caught.value)
    if "adds up to" in str(caught.value):  # the file with the outputs, not the list of files
        assert caught.value.where == str(tmp_path / "raw/home.csv")


@pytest.mark.parametrize(("factor", "fits"), [(1.0, True), (1.01, False)])
def test_a_total_that_is_printed_twice_must_be_the_same(tmp_path, plain, factor, fits):
    """The second was not read."""

    def edit(block, cells):
        totals = [(*names, factor * x) for *names, x in world_totals]
        return cells + totals * (block == "abroad")

    world_totals = [cell for cell in World().cells("home") if cell[1] == "Tuotos"]
    config = write_world(tmp_path, edit=edit)
    rewrite(
        tmp_path / "lists/layout.csv",
        lambda rows: [["" if "Tuotos" in row else row[0], *row[1:]] for row in rows],
    )
    if fits:
        make_dataset(config, tmp_path / "dataset")
        name = "provinces/A.nc"
        assert read_dataset(tmp_path / "dataset" / name).equals(read_dataset(plain / name))
        return
    with pytest.raises(CityMRIOError, match="the total of Aho, farm is .*expected the same") as e:
        make_dataset(config, tmp_path / "dataset")
    assert e.value.where == str(tmp_path / "raw/world.csv") and "home.csv" in str(e.value)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["long", "wide"])
def test_a_corrected_cell_counts_and_a_line_that_does_not_fit_is_refused(tmp_path, plain, form):
    damaged = _first("n.a.")
    config = write_world(
        tmp_path,
        edit=lambda block, cells: damaged(block, cells) if block == "home" else cells,
        form=form,
    )
    with pytest.raises(CityMRIOError, match="'n.a.' is no number"):
        make_dataset(config, tmp_path / "dataset")
    file = next(
        path
        for path in sorted((tmp_path / "raw").rglob("*.csv"))
        if "n.a." in path.read_text(encoding="utf-8")
    )
    region, row, column, value = World().cells("home")[0]
    name = str(file.relative_to(tmp_path / "raw")) + (f"!{region}" if form == "long" else "")
    line = f'"{name}","{row}","{column}",n.a.,{float(value)!r},yearbook,no number'
    head = "file,row,column,printed,used,source,reason\n"
    (tmp_path / "lists/corrections.csv").write_text(head + line + "\n", encoding="utf-8")
    make_dataset(config, tmp_path / "dataset")
    for province in MEMBERS:
        one, other = (
            read_dataset(folder / f"provinces/{province}.nc")
            for folder in (tmp_path / "dataset", plain)
        )
        np.testing.assert_allclose(one["total_use"], other["total_use"], rtol=1e-9, atol=1e-9)
    assert len(read_table(tmp_path / "dataset/corrections.csv")) == 1
    assert any(
        "Corrected cells: 1" in note
        for note in read_json(tmp_path / "dataset/dataset.json")["notes"]
    )
    (tmp_path / "lists/corrections.csv").write_text(
        head + line.replace("n.a.", "5") + "\n", encoding="utf-8"
    )
    with pytest.raises(CityMRIOError, match="the line says that '5' is printed"):
        make_dataset(config, tmp_path / "dataset")


def _list(name, change):
    return lambda folder: rewrite(folder / f"lists/{name}.csv", change)


def _cell(row, column, value):
    def change(rows):
        rows[row][column] = value
        return rows

    return change


LISTS = {
    "a region without population": (
        _list("regions", _cell(2, 7, "")),
        r"row 3, column 'population' is empty; expected a value",
    ),
    "two regions of one code": (
        _list("regions", _cell(2, 2, "Ala")),
        "row 3, region is 'Ala'; expected region once",
    ),
    "a factor below 0": (
        _list("files", _cell(1, 7, "-1")),
        r"row 2, column 'factor' is -1; expected above 0",
    ),
    "a population in words": (
        _list("regions", _cell(2, 7, "many")),
        r"row 3, column 'population' is 'many'",
    ),
    "a polygon that is not there": (
        _list("regions", _cell(1, 1, "Atlantis")),
        "there is no polygon 'Atlantis' in map.json",
    ),
    "a code that is no sector": (
        _list("layout", _cell(1, 4, "farms")),
        r"row 2, column 'code' is 'farms', which is no sector",
    ),
    "a meaning that is unknown": (
        _list("layout", _cell(1, 3, "products")),
        r"row 2, column 'as' is 'products'",
    ),
    "a row that cannot be exports": (
        _list("layout", _cell(7, 1, "row")),
        "a row cannot be 'exports'",
    ),
    "a sector that nothing gives": (
        _list("layout", lambda rows: [rows[0], *rows[2:]]),
        "no row gives the sector 'farm'",
    ),
    "a role without a file": (
        _list("files", _cell(3, 0, "total")),
        "no file of the sources list has the role 'total'",
    ),
    "a form that is unknown": (
        _list("files", _cell(1, 1, "deep")),
        "row 2, form is 'deep'; expected form long or wide",
    ),
    "a file in another encoding": (
        lambda folder: (recode(folder / "raw/home.csv"), write_sources(folder, ROLES)),
        "cannot be read as CSV.*Fix: save it in UTF-8",
    ),
    "a column that the file lacks": (
        _list("files", _cell(1, 3, "REGION")),
        "column 'REGION' is missing",
    ),
    "a property that the map lacks": (_list("files", _cell(4, 3, "namn")), "no property 'namn'"),
    "a list without a column": (
        _list("layout", lambda rows: [row[:4] for row in rows]),
        "column 'code' is missing",
    ),
    "no list": (lambda folder: (folder / "lists/layout.csv").unlink(), "layout.csv"),
    "no file": (lambda folder: (folder / "raw/home.csv").unlink(), "home.csv is missing"),
    "a file that was altered": (
        lambda folder: (folder / "raw/home.csv").write_text("REG\n"),
        "home.csv has 4 bytes",
    ),
    "no inventory": (
        lambda folder: (folder / "lists/inventory.csv").unlink(),
        "there is no emission inventory",
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_faulty_lists_are_refused_with_their_place(tmp_path, name):
    damage, words = LISTS[name]
    config = write_world(tmp_path)
    damage(tmp_path)
    with pytest.raises(CityMRIOError, match=words) as caught:
        make_dataset(config, tmp_path / "dataset")
    assert caught.value.where
