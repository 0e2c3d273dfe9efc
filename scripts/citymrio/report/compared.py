"""What a comparison of two tables says, in a page of plain text."""

from collections.abc import Iterator, Mapping

import pandas as pd

from ..footprints.footprint import SCOPES
from .language import in_country_words, span

#: Cities and cells that the page names.
NAMED = 20
BLOCKS = {
    "same_city": "inside a city",
    "same_province": "other cities of the province",
    "other_province": "other provinces",
}


def page(tables: Mapping[str, pd.DataFrame], about: Mapping) -> str:
    """The page, from the tables of :func:`citymrio.assessment.comparison.compare.compare`."""
    rows = tables["comparison"].set_index(["quantity", "group"])
    value = rows["value"]
    lines = [
        *(f"{side.upper()}: {_called(about[side])} ({_size(about[side])})" for side in "ab"),
        f"Compared: {about['common']['regions']} regions, {about['common']['sectors']} sectors, "
        f"{about['common']['categories']} "
        f"categories of final demand; money in {about['unit']}.",
        *_left_out(tables["left_out"]),
        f"Footprints of B: {about['footprints_of_b']}. Households' direct emissions are in "
        "neither.",
    ]
    if about["emissions_without_intensity"] > 0:
        lines.append(
            f"{about['emissions_without_intensity']:.1%} of B's output has no emissions in A, "
            "and none here."
        )
    lines += ["", in_country_words("Cities, relative to B")]
    for name, label in (("footprint", "footprint"), ("production emissions", "production")):
        total = rows.loc[(name, "all")]
        lines.append(
            f"  {label:11} A {total['a']:>9,.1f} Mt, B {total['b']:>9,.1f} Mt; rank correlation "
            f"{value[f'{name} rank correlation', 'regions']:.3f}; error: median "
            f"{value[f'{name} median error', 'regions']:.1%}, "
            f"a tenth above {value[f'{name} 90th percentile of the error', 'regions']:.1%}; WAPE "
            f"{value[f'{name} wape', 'regions']:.1%}"
        )
    if ("footprint inside", "regions") in value:
        spread = about["intervals_of_a"]
        lines.append(
            f"  B lies in A's {spread['level']:.0%} interval (method {spread['method']}) in "
            f"{value['footprint inside', 'regions']:.0%}"
            f"{in_country_words(' of the cities')} for footprints, "
            f"{value['production emissions inside', 'regions']:.0%} for production"
        )
    home = rows.loc[("home share", "all")]
    lines += [
        f"  home share  A {home['a']:.1%}, B {home['b']:.1%} of the domestic products used are "
        "made where they are used",
        f"  trade between two regions: WAPE {value['trade between pairs', 'all']:.1%}, correlation "
        f"{value['trade between pairs, correlation', 'all']:.3f}",
        "",
        "Cells: WAPE (sum of differences over the sum of B), and the block's part of B",
        f"  {'':30}{'intermediate':>20}{'final demand':>20}",
        *(
            f"  {in_country_words(BLOCKS.get(scope, 'all')):30}"
            f"{_cell(rows, scope, 'intermediate'):>20}"
            f"{_cell(rows, scope, 'final demand'):>20}"
            for scope in (*SCOPES, "all")
        ),
    ]
    accounts = ", ".join(
        f"{name} {value[name, 'all']:.1%}"
        for name in ("output", "value added", "exports", "imports")
    )
    lines += ["", f"Accounts, WAPE: {accounts}", "", "Footprints that differ most, Mt (A, B)"]
    for row in tables["cities"].head(NAMED).itertuples():
        ends = (
            f"  interval of A {span(f'{row.cba_a_low_mt:,.2f}', f'{row.cba_a_high_mt:,.2f}', 'en')}"
            if "cba_a_low_mt" in tables["cities"]
            else ""
        )
        lines.append(
            "  "
            f"{row.name[:30]:30}{row.cba_a_mt:>10,.2f}{row.cba_b_mt:>10,.2f}{row.cba_difference_mt:>+10,.2f}"
            f"{ends}"
        )
    lines += ["", f"Cells that differ most, {about['unit']} (A, B)"]
    for row in tables["cells"].head(NAMED).itertuples():
        place = f"{row.origin}/{row.sector} to {row.destination}/{row.use}"
        lines.append(f"  {place[:46]:46}{row.a:>16,.0f}{row.b:>16,.0f}{row.difference:>+16,.0f}")
    return "\n".join(lines) + "\n"


def _called(side: Mapping) -> str:
    """Where a table is, its name, and its year where that is known."""
    return ", ".join(str(side[key]) for key in ("folder", "name", "year") if side[key])


def _size(side: Mapping) -> str:
    return f"{side['regions']} regions, {side['sectors']} sectors"


def _left_out(table: pd.DataFrame) -> Iterator[str]:
    """A line for every kind of label that only one of the tables has."""
    for (kind, side), group in table.groupby(["kind", "table"], sort=False):
        named = ", ".join(group["label"].head(6)) + (", ..." if len(group) > 6 else "")
        part = group["output_percent"].sum()
        size = f", {part:.2g}% of its output" if kind != "category" else ""
        yield f"Left out, only in {side}: {len(group)} of kind {kind} ({named}){size}"


def _cell(rows: pd.DataFrame, scope: str, group: str) -> str:
    row, whole = rows.loc[(f"cells, {scope}", group)], rows.loc[("cells, all", group)]
    return f"{row['value']:.1%} ({row['b'] / whole['b']:.0%})" if row["b"] else "none in B"
