"""Supply chains and production layers of the explorer, from the tables of all regions."""

from __future__ import annotations

from typing import Any

import pandas as pd


def paths_block(chains: pd.DataFrame, layers: pd.DataFrame, sectors: pd.DataFrame, codes: list[str]) -> dict[str, Any]:
    """The block `paths`.

    Parameters
    ----------
    chains
        analysis/region_chains.csv: region, rank, value, share, path ("region/sector > region/sector", the emitter first).
    layers
        analysis/region_layers.csv: region, layer (blank for what comes after the last), value, share.
    sectors
        dataset/sectors.csv.
    codes
        Codes of the regions in the order of the page.

    Returns
    -------
    dict
        sectors: code and name of each; regions: code -> chains (share, t, steps as pairs of positions of region and sector; none
        for a region whose chains were not searched) and layers (shares of layer 0, 1, ... and of the rest); searched: how many
        regions have chains.
    """
    region_at = {code: i for i, code in enumerate(codes)}
    sector_at = {code: i for i, code in enumerate(sectors["sector"])}

    def steps(path: str) -> list[list[int]]:
        pairs = (node.split("/") for node in path.split(" > "))
        return [[region_at[region], sector_at[sector]] for region, sector in pairs]

    found: dict[str, Any] = {code: {"chains": [], "layers": []} for code in layers["region"].unique()}
    for row in chains.itertuples():
        entry = {"share": float(f"{row.share:.4g}"), "t": float(f"{row.value:.6g}"), "steps": steps(row.path)}
        found[row.region]["chains"].append(entry)
    for code, table in layers.groupby("region", sort=False):
        found[code]["layers"] = [float(f"{share:.4g}") for share in table["share"]]
    return {
        "regions": found,
        "sectors": sectors[["sector", "name"]].rename(columns={"sector": "code"}).to_dict("records"),
        "searched": int(chains["region"].nunique()),
    }
