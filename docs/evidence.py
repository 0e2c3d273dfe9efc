"""The tables of docs/evidence.md, from docs/constants.csv, docs/targets.csv and the code
(`make config`).

The page holds each between ``<!-- table: name -->`` and ``<!-- end -->``; so do other pages that
repeat a table of a run. Values of constants are read from the code and numbers of gates from
docs/facts.csv, so that no list can say another one.
"""

from __future__ import annotations

import ast
import csv
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from citymrio.assessment.ensemble import inputs
from citymrio.assessment.paper.readings import table as readings
from citymrio.base.labels import read_table, write_atomic
from citymrio.base.methods import METHODS
from citymrio.config.models import Config
from citymrio.config.spreads import SPREADS

BLOCK = re.compile(r"(?P<begin><!-- table: (?P<name>\w+) -->\n).*?(?P<end><!-- end -->)", re.S)
#: Sections of the configuration whose keys are constants of the estimate or of the ensemble.
SECTIONS = ("cities", "provinces", "emissions", "uncertainty")
#: Packages and modules of the library whose named numbers are constants of the estimate or of the
#: ensemble.
PLACES = (
    "cities",
    "provinces",
    "trade",
    "emissions",
    "chain",
    "assessment/ensemble",
    "base/reliability.py",
)
#: Basis of a constant -> what it means.
BASES = {
    "fitted": "estimated by the run itself, from its own data",
    "measured": "a number of data, taken once",
    "paper": "the words of the paper, or of the study it takes the method from",
    "declared": "no data: a judgement, with the reason",
    "choice": "a switch or a path",
    "numerical": "a tolerance or a limit of a solver or a message; moves no result",
}
#: What stands in place of a table that no command has made yet.
NOT_MEASURED = "Not measured yet: `{}`, then `make facts`.\n"
#: Basis of constants that the page leaves to the list -> what they are.
LISTED = {
    "choice": "switches and paths",
    "numerical": "tolerances and limits, which move no result",
}
#: Basis that says all of a constant -> how the page names those that have it, outside the tables.
TOLD = {
    "fitted": "Fitted by the run from its own data",
    "paper": "The words of the paper, but for `method: calibrated`",
}

#: What the targets of the audit ask of every known table.
SCORED = ("flows", "footprints", "deliveries", "deliveries, own fit")


def rows(name: str) -> list[dict[str, str]]:
    """A table of docs/."""
    with (ROOT / "docs" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def known() -> list[dict[str, str]]:
    """Rows of docs/constants.csv, and those of the spreads of the ensemble
    (`citymrio.config.spreads`) behind its other keys.
    """
    spreads = [
        spread._asdict() | {"name": f"uncertainty.{spread.name}", "fitted_on": spread.source}
        for spread in SPREADS
    ]
    return rows("constants.csv") + spreads


def keys() -> Iterator[str]:
    """Every key of the sections, dotted."""
    for section in SECTIONS:
        yield from (f"{section}.{name}" for name in type(getattr(Config(), section)).model_fields)


def numbers(source: str) -> Iterator[str]:
    """Names that a module gives to numbers, or to tables of numbers, in capitals."""

    def number(node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=int() | float() as found):
                return not isinstance(found, bool)
            case ast.UnaryOp(operand=part):
                return number(part)
            case ast.BinOp(left=left, right=right):
                return number(left) and number(right)
            case ast.Tuple(elts=[_, *_] as parts) | ast.Dict(values=[_, *_] as parts):
                return all(map(number, parts))
        return False

    for node in ast.parse(source).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if targets and node.value is not None and number(node.value):
            names = (
                part
                for target in targets
                for part in (target.elts if isinstance(target, ast.Tuple) else [target])
            )
            yield from (
                name.id for name in names if isinstance(name, ast.Name) and name.id.isupper()
            )


def named() -> Iterator[str]:
    """Every named number of the places, dotted."""
    library = ROOT / "scripts/citymrio"
    for place in PLACES:
        for path in sorted(
            [library / place] if place.endswith(".py") else (library / place).rglob("*.py")
        ):
            module = ".".join(
                ("citymrio", *path.relative_to(library).with_suffix("").parts)
            ).removesuffix(".__init__")
            yield from (f"{module}.{name}" for name in numbers(path.read_text(encoding="utf-8")))


def value(name: str) -> str:
    """What the code says now: of a key its default, and what `calibrated` sets; of a name its
    number.
    """
    module, _, last = name.rpartition(".")
    if not name.startswith("citymrio."):
        calibrated = METHODS["calibrated"] if module == "cities" else {}
        default = getattr(getattr(Config(), module), last)
        without = [
            spread.without_priors
            for spread in SPREADS
            if name == f"uncertainty.{spread.name}" and spread.without_priors
        ]
        text = "; without priors ".join([shown(default), *without])
        return (
            f"{text}; calibrated: {shown(calibrated[last])}"
            if last in calibrated and calibrated[last] != default
            else text
        )
    return shown(getattr(importlib.import_module(module), last))


def shown(found: object) -> str:
    """A value as a page has it."""
    if found is None:
        return "not given"
    if isinstance(found, float):
        return f"{found:.4g}"
    if isinstance(found, tuple | list):
        return (
            " to ".join(map(shown, found))
            if found and len(found) == 2
            else ", ".join(map(shown, found)) or "none"
        )
    if isinstance(found, dict):
        return ", ".join(f"{key} {shown(one)}" for key, one in found.items()) or "none"
    return json.dumps(found).strip('"')


def markdown(head: tuple[str, ...], body: list[tuple[str, ...]]) -> str:
    """A table of a page."""
    first, *others = (
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n"
        for line in (head, *body)
    )
    return "".join((first, "|---" * len(head) + "|\n", *others))


def constants() -> str:
    """Constants and defaults by section."""
    head = ("name", "value", "basis", "seen when chosen")
    parts = []
    for section in (*SECTIONS, "citymrio"):
        own = [
            row
            for row in known()
            if row["name"].split(".")[0] == section and row["basis"] not in {*LISTED, *TOLD}
        ]
        title = "Named constants" if section == "citymrio" else f"`{section}`"
        body = [
            (
                f"`{row['name'].removeprefix(f'{section}.')}`",
                value(row["name"]),
                ": ".join(filter(None, (row["basis"], row["fitted_on"]))) + f". {row['reason']}",
                row["seen"],
            )
            for row in own
        ]
        parts.append(f"### {title}\n\n" + markdown(head, body))
    for basis, words in TOLD.items():
        names = ", ".join(f"`{row['name']}`" for row in known() if row["basis"] == basis)
        parts.append(f"{words}: {names}.\n")
    named = ", ".join(f"{words} (`{basis}`)" for basis, words in LISTED.items())
    parts.append(
        "[constants.csv](constants.csv) and `scripts/citymrio/config/data/spreads.csv` have what "
        f"was seen when these were chosen, and the others: {named}.\n"
    )
    return "\n".join(parts)


def targets() -> str:
    """Targets of the audit, what is reached (goal), those that are missed in bold: of known tables
    by table, then the others.
    """
    facts = {fact["name"]: fact["value"] for fact in rows("facts.csv")}
    wide, others = dict[str, dict[str, str]](), []
    for row in rows("targets.csv"):
        found = facts[row["fact"]]
        ends = [facts.get(row[name], row[name]) for name in ("low", "high")]
        goal = "-".join(ends) if all(ends) else f"≤ {ends[1]}" if ends[1] else f"≥ {ends[0]}"
        reached, passed = f"<!--={row['fact']}-->{found}<!--=-->", met(found, *ends)
        quantity, _, table = row["target"].rpartition(": ")
        bold = "" if passed == "yes" else "**"
        if quantity in SCORED:
            wide.setdefault(table, {})[quantity] = f"{bold}{reached}{bold} ({goal})"
        else:
            others.append((row["target"], f"{bold}{reached}{bold} ({goal})"))
    known = [(table, *(cells.get(one, "") for one in SCORED)) for table, cells in wide.items()]
    return (
        markdown(("known table", *SCORED), known)
        + "\n"
        + markdown(("target", "reached (goal)"), others)
    )


def met(found: str, low: str, high: str) -> str:
    """Whether a number lies between its ends."""
    try:
        number, least, most = (
            float(text.replace(",", "") or end)
            for text, end in ((found, "nan"), (low, "-inf"), (high, "inf"))
        )
    except ValueError:
        return "not measured"
    return "yes" if least <= number <= most else "**no**"


def gates() -> str:
    """What the gate on drawn countries found of every number of headline.csv
    (docs/evidence.csv).
    """
    head = ("number", "90% intervals that hold", "estimate / truth", "median of draws / truth")
    if not (ROOT / "docs/evidence.csv").is_file():
        return NOT_MEASURED.format("make evidence")
    body = [
        (
            row["quantity"],
            row["cover90"] if row["passes"] == "yes" else f"**{row['cover90']}**",
            row["central"],
            row["draws"],
        )
        for row in rows("evidence.csv")
    ]
    return markdown(head, body)


def covered(method: str) -> str:
    """How many intervals of a method hold the truth on known tables, by system
    (docs/coverage.csv).
    """
    if not (ROOT / "docs/coverage.csv").is_file():
        return NOT_MEASURED.format("make interval-coverage")
    table = pd.DataFrame(rows("coverage.csv")).query("method == @method")
    shares = table[["inside", "truth_below", "truth_above"]].apply(lambda one: one.str.rstrip("%"))
    table["cell"] = [
        f"{inside} ({below}, {above})" for inside, below, above in shares.itertuples(index=False)
    ]
    wide = table.pivot(index="quantity", columns="system", values="cell").fillna("")
    return markdown(("quantity", *wide), list(wide.itertuples(name=None)))


#: Table -> its text.
TABLES: dict[str, Callable[[], str]] = {
    "constants": constants,
    "targets": targets,
    "gates": gates,
    "covered": partial(covered, "calibrated"),
    "covered_own": partial(covered, "calibrated_own"),
    "inputs": inputs.markdown,
}


def refresh(runs: Path) -> None:
    """Take docs/evidence.csv and docs/coverage.csv anew, where what they come from is."""
    keys = ["family", "kind", "quantity"]
    if (runs / "evidence/coverage.csv").is_file():
        parts = [
            read_table(runs / f"evidence/{name}.csv") for name in ("coverage", "ranks", "bias")
        ]
        found = (
            parts[0]
            .merge(parts[1][[*keys, "ks_holm"]], on=keys)
            .merge(parts[2][[*keys, "central", "draws"]], on=keys)
        )
        found = found[found["family"].eq("all") & found["kind"].eq("headline")]
        for name in ("cover90", "low", "high", "ks_holm", "central", "draws"):
            found[name] = found[name].map("{:.2f}".format)
        found["passes"] = (
            found["passes"].astype(str).str.lower().map({"true": "yes", "false": "**no**"})
        )
        found["allowed"] = found["low"] + "-" + found["high"]
        keep(
            "evidence.csv",
            found[
                [
                    "quantity",
                    "countries",
                    "cover90",
                    "allowed",
                    "passes",
                    "ks_holm",
                    "central",
                    "draws",
                ]
            ],
        )
    if (path := runs / "truth/systems/coverage.csv").is_file():
        found = read_table(path)
        found = found[found["method"].ne("paper") & found["level"].eq(0.9)].sort_values(
            ["method", "quantity"], kind="stable"
        )
        shares = ["inside", "inside_by_size", "truth_below", "truth_above"]
        found[shares] = found[shares].map("{:.0%}".format)
        keep("coverage.csv", found[["method", "quantity", "system", "values", *shares]])


def keep(name: str, table: pd.DataFrame) -> None:
    """Write a table of docs/."""
    text = table.to_csv(index=False, lineterminator="\n")
    write_atomic(
        ROOT / "docs" / name, lambda target: Path(target).write_text(text, encoding="utf-8")
    )


def filled(text: str, made: dict[str, Callable[[], str]] = TABLES) -> str:
    """A page with its tables in it; a table that nothing here makes stays."""
    return BLOCK.sub(
        lambda block: (
            f"{block['begin']}\n{made[block['name']]()}\n{block['end']}"
            if block["name"] in made
            else block[0]
        ),
        text,
    )


def of_runs(runs: Path) -> dict[str, Callable[[], str]]:
    """Tables that pages repeat from finished runs, of those that are there."""
    china = runs / "china2012"
    views = {
        "readings": ("tables/readings.csv", lambda table: readings_of(table, SHOWN)),
        "outside": (
            "tables/readings.csv",
            lambda table: outside_of(table, read_table(china / "tables/paper_comparison.csv")),
        ),
        "headline": ("tables/headline.csv", headline),
        "named": ("tables/paper_comparison.csv", named_cities),
        "origins": ("tables/variants.csv", origins),
        "whole_provinces": ("uncertainty/regions.csv", whole_provinces),
        "validation": ("validation/scores.csv", validation),
        "apart": (
            "../china2012_extras/validation/apart_scores.csv",
            apart,
        ),  # the run that is given files of extra observations
        "worth": ("uncertainty/value_of_data.csv", worth),
    }
    return {
        name: lambda made=made, path=china / path: made(read_table(path))
        for name, (path, made) in views.items()
        if (china / path).is_file()
    }


def outside(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of readings.csv that no reading meets, with the datum that would decide each.

    Returns
    -------
    pandas.DataFrame
        number, quantity, unit, paper, nearest (the value with the ratio nearest to 1), datum;
        numbers without a tolerance or without any value are left out.
    """
    rows = []
    for number, group in table[table["needs"].ne(readings.JOINT)].groupby("number", sort=False):
        known = group[group["value"].notna()]
        if (
            number in readings.numbers_met(table)
            or not known["within"].astype(str).str.lower().eq("false").any()
        ):
            continue
        nearest = known.loc[
            np.log(known["ratio"].where(known["ratio"] > 0)).abs().fillna(np.inf).idxmin()
        ]
        datum = (
            group.loc[group["reading"].eq(readings.DECIDED), "needs"]
            .iloc[0]
            .removeprefix(readings.DATA)
        )
        first = group.iloc[0]
        rows.append(
            {
                **{name: first[name] for name in ("quantity", "unit", "paper")},
                "number": number,
                "nearest": nearest["value"],
                "datum": datum,
            }
        )
    return pd.DataFrame(rows, columns=["number", "quantity", "unit", "paper", "nearest", "datum"])


def readings_of(table: pd.DataFrame, numbers: Iterable[str]) -> str:
    """Some numbers of readings.csv as a table of a page: paper, in use, all other readings (* of a
    variant).
    """
    lines = ["| number | printed | in use | other readings |", "|---|---:|---:|---|"]
    for number in numbers:
        group = table[
            table["number"].eq(number) & table["value"].notna() & table["needs"].ne(readings.JOINT)
        ]
        used = readings.is_true(group["used"])
        others = [
            f"{row.reading} {digits(row.value)}{'*' * row.needs.startswith('variant')}"
            for row in group[~used].itertuples()
        ]
        first, mine = group.iloc[0], group.loc[used, "value"]
        unit = "" if first["unit"] == "count" else f", {first['unit']}"
        said = digits(mine.iloc[0]) if len(mine) else ""
        lines.append(
            f"| {first['quantity']}{unit} ({number}) | {digits(first['paper'])} | {said} | "
            f"{'; '.join(others)} |"
        )
    return "\n".join(lines) + "\n"


def outside_of(table: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Results outside every reading as a table of a page: the paper's value, the nearest reading,
    the datum that would decide; the datum of most of them is said once, below.
    """
    found = outside(table)
    found = found[found["number"].isin(readings.comparable_results(comparison)["id"])]
    usual = next(iter(found.loc[found["datum"].duplicated(), "datum"].mode()), "")
    lines = [
        "| number | printed | nearest | what would decide it |",
        "|---|---:|---:|---|",
    ]
    for row in found.itertuples():
        unit = "" if row.unit == "count" else f", {row.unit}"
        paper, nearest = digits(row.paper), digits(row.nearest)
        lines.append(
            f"| {row.quantity}{unit} ({row.number}) | {paper} | {nearest} | "
            f"{'' if row.datum == usual else row.datum} |"
        )
    return "\n".join(lines) + (f"\n\nBlank: {usual}.\n" if usual else "\n")


def digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.3g}"


def cell(number: object, form: str = ",.1f") -> str:
    """A number of a table; blank where there is none."""
    return "" if pd.isna(number) else format(float(number), form)


def blank(column: pd.Series) -> pd.Series:
    """Whether a cell is blank, in a column of text or of numbers."""
    return column.isna() | column.eq("")


def span(row: pd.Series, low: str, high: str, form: str = ",.1f") -> str:
    """An interval; one number where both ends are the same as written."""
    if low not in row or pd.isna(row[low]):
        return ""
    ends = cell(row[low], form), cell(row[high], form)
    return ends[0] if ends[0] == ends[1] else (" to " if row[low] < 0 else "-").join(ends)


def headline(table: pd.DataFrame) -> str:
    """Headline numbers of China: printed, by `paper` (the run's method), by `calibrated`, with the
    interval.
    """
    body = []
    for _, row in table[table["unit"].ne("regions") & table["group"].ne("Intervals")].iterrows():
        form = ",.0f" if row["unit"] in ("Mt CO2", "cities") else ",.1f"
        values = (cell(row[name], form) for name in ("printed", "value", "other_method"))
        body.append(
            (
                f"{row['group']}: {row['quantity']}, {row['unit']}",
                *values,
                span(row, "low", "high", form),
            )
        )
    return markdown(("quantity", "printed", "`paper`", "`calibrated`", "90% interval"), body)


#: What the paper says of cities by name.
NAMED = re.compile(
    "|".join(
        (
            "Ordos f",
            "Beijing",
            "Shanghai",
            "Shenzhen",
            "Guangzhou",
            "Tangshan",
            "Wenzhou",
            "Xu",
            "Anshun",
            "Bazhong",
        )
    )
)


def named_cities(table: pd.DataFrame) -> str:
    """What the paper says of cities by name beside the run's own values, in bold outside their
    tolerance.
    """
    own = table[table["quantity"].str.contains(NAMED) & table["counts_as"].eq("result")]
    bold = {"true": "", "false": "**"}
    body = [
        (
            row["quantity"],
            cell(row["paper"], ",.4g"),
            cell(row["ours"], ",.3g").join([bold[str(row["within"]).lower()]] * 2),
        )
        for _, row in own.iterrows()
    ]
    return markdown(("the paper says", "printed", "`paper`"), body)


#: Variants of China whose embodied flows docs/paper.md sets side by side.
ORIGINS = {
    "main": "uniform maximum entropy, the paper's choice (`method: paper`)",
    "joint_uniform": "joint estimate, uniform",
    "joint_gravity_strong": "joint estimate, gravity, exponent 3",
    "calibrated": "priors fitted on provinces (`method: calibrated`)",
}


def origins(table: pd.DataFrame) -> str:
    """Where embodied flows come from, by variant, percent."""
    wide = table[table["quantity"].str.startswith("embodied flows: ")].pivot(
        index="variant", columns="quantity", values="value"
    )
    columns = [
        f"embodied flows: {where}" for where in ("same city", "same province", "other province")
    ]
    body = [
        (words, *(cell(wide.at[name, column], ".0f") for column in columns))
        for name, words in ORIGINS.items()
    ]
    return markdown(
        (
            "method (`tables/variants.csv`)",
            "the city itself, %",
            "its province, %",
            "other provinces, %",
        ),
        body,
    )


def whole_provinces(table: pd.DataFrame) -> str:
    """Footprint and production of the provinces that are one region, with intervals, Mt."""
    own = table[
        table["region"].astype(str).str.len().eq(2)
        | table["name"].isin(["Beijing", "Tianjin", "Shanghai", "Chongqing"])
    ]
    head = ("", "footprint", "interval", "production", "interval")
    parts = ("cba_mt", "pba_mt")
    return markdown(
        head,
        [
            (
                row["name"],
                *(
                    text
                    for one in parts
                    for text in (cell(row[one]), span(row, f"{one}_low", f"{one}_high"))
                ),
            )
            for _, row in own.iterrows()
        ],
    )


def validation(table: pd.DataFrame) -> str:
    """Scores of left-out data, each method against the truth at its own level (as the figure)."""
    level = table["method"].map({"per_head": "printed", "other_years": "printed"}).fillna("told")
    own = table[table["against"].eq(level) & blank(table["neighbours"])]
    head = (
        "left out",
        "predicted by",
        "cities",
        "WAPE",
        "log sd",
        "bias",
        "rank correlation",
        "assumed sd",
        "90% intervals that hold",
    )
    columns = {
        "data": ".0f",
        "wape": ".0%",
        "log_sd": ".2f",
        "bias": "+.2f",
        "rank_correlation": ".2f",
        "assumed_sd": ".2f",
    }
    return markdown(
        head,
        [
            (
                " ".join(
                    str(part) for part in (row["quantity"], row["industry"]) if part == part
                ).strip(),
                f"`{row['method']}`",
                *(cell(row[name], form) for name, form in (columns | {"within_90": ".0%"}).items()),
            )
            for _, row in own.iterrows()
        ],
    )


def apart(table: pd.DataFrame) -> str:
    """Shares of cities in their province by extra observations, beside those of the run."""
    head = (
        "extra observation",
        "quantity",
        "beside it",
        "cities",
        "in the wrong city, %",
        "correlation of logs",
    )
    return markdown(
        head,
        [
            (
                *(str(row[name]) for name in ("extra", "quantity", "estimate")),
                cell(row["cities"], ".0f"),
                cell(row["wrong_percent"]),
                cell(row["log_correlation"], ".2f"),
            )
            for _, row in table.iterrows()
        ],
    )


def worth(table: pd.DataFrame) -> str:
    """Falls of intervals by kind of data that all cities collect which lack it."""
    own = table[blank(table["region"]) & blank(table["sectors"]) & blank(table["category"])]
    falls = {
        target: own[own["target"].eq(target)].set_index("kind") for target in ("cba_mt", "pba_mt")
    }
    body = []
    for kind, row in falls["cba_mt"].sort_values("fall_pct", ascending=False).iterrows():
        found = (part.loc[kind] for part in falls.values())
        body.append(
            (
                row["words"],
                cell(row["lacking"], ".0f"),
                *(
                    f"{cell(round(one['fall_pct']) + 0.0, '.0f')} (±{cell(one['se_pct'], '.0f')})"
                    for one in found
                ),
            )
        )
    return markdown(
        ("collected by all cities that lack it", "cities", "footprints", "production emissions"),
        body,
    )


#: Numbers of the paper whose readings docs/china.md shows, in its order. Of those that no reading
#: meets, a table of their own has the nearest one.
SHOWN = ("T146", "T191", "T061", "T176", "T178", "T037")


def main(folders: list[str]) -> None:
    """Write the tables into the pages; with a folder of finished runs, take those of runs anew."""
    made = dict(TABLES)
    for runs in map(Path, folders):
        refresh(runs)
        made |= of_runs(runs)
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (new := filled(text, made)) != text:
            write_atomic(
                page, lambda target, new=new: Path(target).write_text(new, encoding="utf-8")
            )
            print(page.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
