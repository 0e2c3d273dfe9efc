"""What a reader without JavaScript sees of the explorer: headline numbers, the largest footprints, and where the tables are."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from ..pages import number

#: Regions listed.
LISTED = 20


def without_script(regions: pd.DataFrame, run: Mapping[str, Any]) -> str:
    """The content of ``<noscript>``, as HTML.

    Parameters
    ----------
    regions
        tables/regions.csv.
    run
        dataset.json.
    """
    people = regions["population"].sum()
    total, produced = regions["cba_mt"].sum(), regions["pba_mt"].sum()
    what = "Invented data. " if run["synthetic"] else ""
    facts = [
        f"{len(regions)} regions, {int(regions['kind'].ne('province').sum())} of them cities",
        f"{number(total, 1)} Mt CO2 for their consumption (CBA), {number(total * 1e6 / people, 2)} t per head",
        f"{number(produced, 1)} Mt CO2 from their production (PBA)",
    ]
    largest = regions.nlargest(LISTED, "cba_mt", keep="all").head(LISTED)
    return "\n".join(
        [
            "<h2>Without JavaScript</h2>",
            f"<p>{what}The maps and charts of this page need JavaScript. The main numbers of {escape(str(run['name']))}, "
            f"{escape(str(run['year']))}:</p>",
            f"<ul>{''.join(f'<li>{fact}</li>' for fact in facts)}</ul>",
            f"<table><caption>The {len(largest)} regions with the largest footprints</caption>",
            "<thead><tr><th>Region</th><th>Code</th><th>Footprint (CBA), Mt CO2</th><th>Production (PBA), Mt CO2</th>"
            "<th>Footprint per head, t CO2</th></tr></thead>",
            f"<tbody>{''.join(_row(row) for row in largest.to_dict('records'))}</tbody></table>",
            "<p>All numbers are in the folder <code>tables/</code> beside the folder of this page; "
            "<code>tables/regions.csv</code> has one row for each region.</p>",
        ]
    )


def _row(row: Mapping[str, Any]) -> str:
    local = row.get("name_local")
    name = f"{row['name']} {local}" if isinstance(local, str) and local and local != row["name"] else str(row["name"])
    numbers = [number(row["cba_mt"], 2), number(row["pba_mt"], 2), number(row["per_capita_t"], 2)]
    cells = "".join(f'<td class="number">{value}</td>' for value in numbers)
    return f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(row["region"]))}</td>{cells}</tr>'
