"""What of a run goes into the explorer, block by block. The names are those that the page's scripts
use.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from ...analysis.tables import BALANCES
from ...assessment.ensemble.intervals import with_intervals
from ...assessment.ensemble.layout import FEW, SUPPLIERS
from ...assessment.headline import INSIDE
from ...base.labels import values_of
from ...base.methods import METHODS
from ...nested.flows import Flows, pairs
from .. import palette
from ..columns import Column, joined
from ..language import known, messages, say
from ..method import heading, what_ran
from ..pages import notes_in, plain_name, table_in_words, word_cell, word_of
from .blocks import Block, columns, json_block, largest_block, log_block
from .map_block import map_block
from .scenario_block import of_intensities

#: Regions up to which flows go in whole; of more, the largest `LARGEST` flows of each region, in
#: and out.
WHOLE = 600
LARGEST = 20

#: Columns of tables that are read as text: a code of digits, or true and false as written, would
#: not come back as it is.
AS_WRITTEN = ("within", "origin_sector", "product_sector", "supplier", "warnings")

#: Columns of regions.csv that differ by method and that the page shows, or makes scenarios and
#: groups of.
BY_METHOD = (
    r"^(pba|cba|own|exports|error|orphan|household_direct|(cba|for|from)_\w+)_mt$"
    r"|^demand_|^affluence_|^(region|quintile|structure|capital_share)$|^super_em|_modelled_share$"
)

#: What may be left out of a page that would be too large, in this order: a block, or all whose
#: names begin so.
DISPENSABLE = (
    "flows-",
    "analysed",  # no view is by a method without its flows
    "table-production_layers",
    "table-supply_chains",
    "table-warnings",
    "table-emissions_trends",
    "table-suppliers",
    "table-variants_regions",
    "table-identified",
    "paths",
    "table-stressors",
    "table-scenario_cities",
    "table-cells",
    "map",
    "scenario",
    "flows",
)


@dataclass(frozen=True)
class Material:
    """What the page is made from.

    Attributes
    ----------
    tables
        Tables of the run, by their names; ``regions`` with the ensemble's columns where there is
        one.
    footprints
        footprint/footprints.nc.
    run
        dataset.json.
    boundaries
        Path of dataset/boundaries.geojson.
    method
        The run's method, "" for a table that was given.
    variants
        Variant -> its footprints.nc.
    settings
        Variant -> its keys in the configuration.
    other
        The variant that is the estimate by the other method, "" where there is none.
    analysed
        Tables of the analysis of that, key_intensities, region_chains and region_layers among them.
    intervals
        Level, method and members of the ensemble, and of few members how many and
        how often (%) a further draw lies inside (`few`).
    chains
        analysis/region_chains.csv and region_layers.csv.
    sectors
        dataset/sectors.csv.
    configured
        Section -> its settings, from which the page tells what ran; empty where nobody asks.
    language
        Of its words: `en` or `zh`.
    priors
        provinces/priors.csv; None where no step made it.
    """

    tables: Mapping[str, pd.DataFrame]
    footprints: xr.Dataset
    run: Mapping[str, Any]
    boundaries: str | Path | None = None
    method: str = ""
    variants: Mapping[str, xr.Dataset] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    other: str = ""
    analysed: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    intervals: Mapping[str, Any] | None = None
    chains: tuple[pd.DataFrame, pd.DataFrame] | None = None
    sectors: pd.DataFrame | None = None
    configured: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    priors: pd.DataFrame | None = None

    def balance(self) -> str:
        """The column of regions whose sign makes a net producer."""
        return BALANCES[self.configured["groups"]["net_balance"] if self.configured else "cities"]


#: Colours and plain names of groups, types and sectors, the same as in the figures.
COLOURS = {
    "quintile": palette.QUINTILE_COLOURS,
    "quintileNames": palette.QUINTILE_NAMES,
    "structure": palette.STRUCTURE_COLOURS,
    "structureNames": palette.STRUCTURE_NAMES,
    "type": palette.TYPE_COLOURS,
    "typeNames": palette.TYPE_NAMES,
    "key": palette.KEY_COLOURS,
    "keyNames": palette.KEY_NAMES,
    "demand": palette.DEMAND_COLOURS,
    "demandNames": palette.DEMAND_NAMES,
    "flow": palette.FLOW_COLOURS,
}


def dictionary(
    tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], language: str = "en"
) -> dict[str, dict[str, Any]]:
    """Unit, meaning and decimals of every column of the tables, those of an ensemble included; its
    head in plain words, and its cells in the words of the page, where they are others (`cells`).
    """

    def cells(column: Column, values: pd.Series) -> dict[str, dict[str, str]]:
        texts = [] if column.code else [one for one in values.unique() if isinstance(one, str)]
        said = {text: word_cell(text, language, str(values.name)) for text in texts}
        ours = {text: words for text, words in said.items() if words not in ("", text)}
        return {"cells": ours} if ours else {}

    return {
        name: {
            column: {
                "unit": word_of(known.unit, language) or known.unit,
                "meaning": known.said(language).replace("`", ""),
                "decimals": known.decimals,
                "head": plain_name(column, known.unit, known, language),
                **cells(known, table[column]),
            }
            for column, known in joined(name, table.columns, run).items()
        }
        for name, table in tables.items()
    }


def blocks(material: Material, **more: Block) -> dict[str, Block]:
    """The blocks of the page; `more` are blocks that are made elsewhere (``scenario``)."""
    tables, run, codes = (
        material.tables,
        material.run,
        material.tables["regions"]["region"].tolist(),
    )
    order = in_order(material.variants, material.settings)
    made = {
        "run": json_block(
            {
                "run": {**run, "notes": notes_in(run, tables["regions"], material.language)},
                "colours": COLOURS,
                "columns": dictionary(tables, run, material.language),
                "balance": material.balance(),
                "language": material.language,
                "messages": messages(material.language),
            }
        ),
        "headline": json_block(headline(tables)),
        **{
            f"table-{name}": json_block(columns(table_in_words(table, name, material.language)))
            for name, table in tables.items()
        },
        "flows": _flows(material.footprints, codes),
        "methods": json_block(_methods(material)),
        **{f"flows-{name}": _flows(material.variants[name], codes) for name in order},
        **more,
    }
    if material.analysed:
        made["analysed"] = json_block({material.other: _analysed(material, codes)})
    if material.boundaries is not None:
        import geopandas  # slow to import: only for maps

        made["map"] = json_block(
            map_block(geopandas.read_file(material.boundaries), tables["regions"])
        )
    if material.intervals is not None:
        made["intervals"] = json_block(dict(material.intervals))
    if material.chains is not None and material.sectors is not None:
        made["paths"] = json_block(paths_block(*material.chains, material.sectors, codes))
    return made


def with_ensemble(
    tables: Mapping[str, pd.DataFrame],
    regions: pd.DataFrame,
    drawn: Mapping[str, pd.DataFrame],
    about: Mapping[str, Any],
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Tables and `intervals` of a run with an ensemble (:class:`Material`).

    Parameters
    ----------
    tables
        Of the run.
    regions
        uncertainty/regions.csv.
    drawn
        Other tables of the ensemble, numbers.csv among them, by their names.
    about
        Level and method.
    """
    joined_to = with_intervals("regions", tables["regions"], regions)
    worth = drawn["numbers"].set_index("quantity").loc[INSIDE]
    said = {
        "members": round(worth["members"]),  # without draws that contradict what is kept
        "of_regions": [*joined_to.columns.difference(tables["regions"].columns, sort=False)],
        "few": {"members": round(worth["members"]), "inside": round(worth["mean"])}
        if worth["members"] < FEW
        else None,
        "suppliers": SUPPLIERS,
    }
    return {**tables, "regions": joined_to, **drawn}, {**about, **said}


#: Quantities of headline.csv that the page begins with -> their messages (`tile.<name>`).
TILES = {
    "footprints of the cities": "footprints.cities",
    "footprints of the regions": "footprints.regions",
    "capital formation in footprints": "capital",
    "emitted outside the consuming city": "outside.city",
    "emitted outside the consuming region": "outside.region",
    "net producers": "producers",
    "of any type": "super",
    "footprint per person": "person",
}


def headline(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The numbers that the page begins with, all of headline.csv.

    Returns
    -------
    list of dict
        tile (of `TILES`), unit, value, other (by the other method), printed (in the paper) and
        whether it is comparable, low and high (of an ensemble); None where there is none.
    """
    if "headline" not in tables:
        return []
    table = tables["headline"]
    compared = tables.get("paper_comparison", pd.DataFrame(columns=["id", "comparable"])).set_index(
        "id"
    )["comparable"]
    amounts = {
        "value": "value",
        "other": "other_method",
        "printed": "printed",
        "low": "low",
        "high": "high",
    }
    return [
        {
            "tile": TILES[row["quantity"]],
            "unit": row["unit"],
            **{
                name: None if pd.isna(row[column]) else float(row[column])
                for name, column in amounts.items()
            },
            "comparable": str(compared.get(row["number"])).lower() == "true",
        }
        for row in table[table["quantity"].isin(TILES) & table["value"].notna()].to_dict("records")
    ]


def fitted(made: Mapping[str, Block], room: int) -> tuple[dict[str, Block], list[str]]:
    """The blocks that fit into so many characters, and the names of those left out.

    Blocks go in the order of `DISPENSABLE`, of several with one beginning the last first. What is
    not named there stays.
    """
    kept, left_out = dict(made), list[str]()
    sizes = {name: len(block.element(name)) for name, block in made.items()}
    going = [
        name
        for beginning in DISPENSABLE
        for name in reversed([*made])
        if name == beginning or (beginning.endswith("-") and name.startswith(beginning))
    ]
    for name in going:
        if sum(sizes[kept_name] for kept_name in kept) > room:
            del kept[name]
            left_out.append(name)
    return kept, left_out


def describe(left_out: Iterable[str], language: str = "en") -> list[str]:
    """In words, what was left out."""
    named = [(name, *name.partition("-")) for name in left_out]
    return [
        say(f"block.{block}{'.of' if dash else ''}", language, name=of)
        for name, block, dash, of in named
        if name in DISPENSABLE or f"{block}-" in DISPENSABLE
    ]


def _flows(footprints: xr.Dataset, codes: list[str]) -> Block:
    if len(codes) > WHOLE:
        return largest_block(Flows.of(footprints, "flows", codes), LARGEST)
    return log_block(values_of(pairs(footprints, "flows"), origin=codes, destination=codes))


def _analysed(material: Material, codes: list[str]) -> dict[str, Any]:
    """What the page holds of the analysis by the other method: tables, what scenarios need of the
    key sectors, and `paths`.
    """
    shown = dict(material.analysed)
    shown["regions"] = shown["regions"].filter(regex=BY_METHOD)
    found = of_intensities(shown.pop("key_intensities"))
    if "region_chains" in shown and material.sectors is not None:
        chains, layers = shown.pop("region_chains"), shown.pop("region_layers")
        found["paths"] = paths_block(chains, layers, material.sectors, codes)
    return {"tables": {name: columns(table) for name, table in shown.items()}, **found}


def _methods(material: Material) -> dict[str, Any]:
    """The main estimate, and other estimates whose flows the page may hold."""
    others = {}
    for name in in_order(material.variants, material.settings):
        label, method = described_variant(name, material.settings.get(name, {}), material.language)
        others[name] = {"label": label, "flows": f"flows-{name}", "method": method}
        if method:
            others[name] |= _what_ran(material, method)
    label = messages(material.language)[f"method.{material.method or 'given'}"]
    main = {"main": material.method, "label": label, "heading": label, "text": []}
    return main | _what_ran(material) | {"others": others}


def _what_ran(material: Material, method: str = "") -> dict[str, Any]:
    """Name of a method and what it does, in words; of the run's own, or of another with all else as
    the run has it.
    """
    settings = material.configured
    if not settings:
        return {}
    if method:
        settings = {**settings, "cities": {**settings["cities"], **METHODS[method]}}
    method, language = method or material.method, material.language
    text = what_ran(method, settings, material.tables["regions"], material.priors, language)
    return {"heading": heading(method, settings, language), "text": text}


def in_order(variants: Container[str], settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Variants by another method first, then the others, each in the order of the configuration."""
    return sorted(
        (name for name in settings if name in variants),
        key=lambda name: settings[name].get("method") is None,
    )


def described_variant(
    name: str, keys: Mapping[str, Any], language: str = "en"
) -> tuple[str, str | None]:
    """What the page calls a variant, and its method where it differs in nothing else (what
    headline.csv has numbers by).
    """
    method = keys.get("method")
    if method and not any(isinstance(keys[part], Mapping) and keys[part] for part in keys):
        return messages(language)[f"method.{method}"], method
    return known(f"variant.{name}", language, name.replace("_", " ").capitalize()), None


def paths_block(
    chains: pd.DataFrame, layers: pd.DataFrame, sectors: pd.DataFrame, codes: list[str]
) -> dict[str, Any]:
    """The block `paths`.

    Parameters
    ----------
    chains
        analysis/region_chains.csv: region, rank, value, share, path ("region/sector >
        region/sector", the emitter first).
    layers
        analysis/region_layers.csv: region, layer (blank for what comes after the last), value,
        share.
    sectors
        dataset/sectors.csv.
    codes
        Codes of the regions in the order of the page.

    Returns
    -------
    dict
        sectors: code, name and local name of each; regions: code -> chains (share, t, steps as
        pairs of positions of region and sector; none for a region whose chains were not searched)
        and layers (shares of layer 0, 1, ... and of the rest); searched: how many regions have
        chains.
    """
    region_at = {code: i for i, code in enumerate(codes)}
    sector_at = {code: i for i, code in enumerate(sectors["sector"])}

    def steps(path: str) -> list[list[int]]:
        pairs = (node.split("/") for node in path.split(" > "))
        return [[region_at[region], sector_at[sector]] for region, sector in pairs]

    found: dict[str, Any] = {
        code: {"chains": [], "layers": [float(f"{share:.4g}") for share in table["share"]]}
        for code, table in layers.groupby("region", sort=False)
    }
    for row in chains.itertuples():
        found[row.region]["chains"].append(
            {
                "share": float(f"{row.share:.4g}"),
                "t": float(f"{row.value:.6g}"),
                "steps": steps(row.path),
            }
        )
    return {
        "regions": found,
        "sectors": sectors.reindex(columns=["sector", "name", "name_local"])
        .fillna("")
        .rename(columns={"sector": "code"})
        .to_dict("records"),
        "searched": int(chains["region"].nunique()),
    }
