"""The explorer's page: what is in it, that names are never markup, that it stays small and says
what was left out.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import re
from html import unescape
from html.parser import HTMLParser

import figure_tables
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.base.stamp import digest_of
from citymrio.report.explorer import page as pages
from citymrio.report.explorer.blocks import Block, json_block
from citymrio.report.explorer.page import LIMIT, explorer, without_script
from citymrio.report.explorer.payload import (
    DISPENSABLE,
    Material,
    blocks,
    describe,
    fitted,
    headline,
    in_order,
    paths_block,
)
from citymrio.report.look import hashed

RUN = {
    "name": "Toyland",
    "year": 2020,
    "unit": "10^4 CNY",
    "currency": "CNY",
    "synthetic": True,
    "price_basis": "current",
}
STAMP = {
    "citymrio": "1",
    "figure": "explorer",
    "inputs": {"tables/regions.csv": "00"},
    "packages": {},
    "settings": {},
}
SECTORS = pd.DataFrame({"sector": ["01", "02"], "name": ["Farms", "Power"]})


class Elements(HTMLParser):
    """Names of all elements, and the data of blocks."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.names, self.blocks, self.block = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        attributes = dict(attrs)
        self.block = (
            attributes["id"].removeprefix("block-") if attributes.get("class") == "block" else None
        )
        if self.block:
            self.blocks[self.block] = (json.loads(attributes["data-about"]), "")

    def handle_data(self, data):
        if self.block:
            self.blocks[self.block] = (self.blocks[self.block][0], data.strip())
            self.block = None

    def json(self, name: str):
        about, text = self.blocks[name]
        assert about["form"] == "json"
        return json.loads(gzip.decompress(base64.b64decode(text)))


def flows(regions: pd.DataFrame, seed: int = 1) -> xr.Dataset:
    codes = regions["region"].to_numpy()
    values = np.exp(np.random.default_rng(seed).normal(8, 3, (codes.size, codes.size)))
    labels = {"origin": codes, "destination": codes}
    return xr.Dataset({"flows": (("origin", "destination"), values)}, labels)


def regions(count: int) -> pd.DataFrame:
    """As many regions as asked for, each column with the digits of real numbers."""
    one = figure_tables.make().tables["regions"]
    rng = np.random.default_rng(5)
    table = pd.concat([one] * (count // len(one) + 1), ignore_index=True).head(count).copy()
    for name in table.select_dtypes("float"):
        table[name] *= rng.uniform(0.5, 1.5, count)
    table["region"] = [f"{i:06d}" for i in range(count)]
    return table


@pytest.fixture(scope="module")
def small() -> Material:
    table = regions(30)
    codes = table["region"].tolist()
    variants = pd.DataFrame(
        {
            "variant": ["other"] * 30 + ["main"] * 30,
            "region": codes * 2,
            "cba_mt": np.arange(60.0),
            "pba_mt": np.arange(60.0),
        }
    )
    chains = pd.DataFrame(
        {
            "region": codes[:1],
            "rank": [1],
            "value": [1234567.8],
            "share": [0.25],
            "path": ["000001/02 > 000000/01"],
        }
    )
    layers = pd.DataFrame(
        {
            "region": [codes[0]] * 3,
            "layer": [0, 1, None],
            "value": [1.0, 2.0, 1.0],
            "share": [0.25, 0.5, 0.25],
        }
    )
    return Material(
        tables={"regions": table, "variants_regions": variants},
        footprints=flows(table),
        run=RUN,
        method="paper",
        variants={
            name: flows(table, seed) for seed, name in enumerate(("joint_gravity", "other"), 2)
        },
        settings={
            "joint_gravity": {"cities": {"split": "joint"}},
            "other": {"method": "calibrated", "cities": {}},
        },
        chains=(chains, layers),
        sectors=SECTORS,
    )


def test_a_page_holds_every_block_and_where_it_comes_from(small):
    found = Elements(
        text := explorer(small, STAMP, {"method": "paper"}, scenario=json_block({"run": False}))
    )
    assert found.json("scenario") == {"run": False}
    about = found.json("about")
    assert about["digest"] == digest_of(STAMP)
    assert about["configuration"] == {"method": "paper"}
    assert about["left_out"] == []
    stamp = json.loads(unescape(re.search(r'<meta name="citymrio" content="([^"]*)"', text)[1]))
    assert stamp == {"digest": digest_of(STAMP), **STAMP}
    methods = found.json("methods")
    assert list(methods["others"]) == ["other", "joint_gravity"]
    assert methods["others"]["other"] == {
        "label": "Calibrated method",
        "flows": "flows-other",
        "method": "calibrated",
    }
    assert methods["others"]["joint_gravity"]["label"] == "One split, by distance"
    assert methods["others"]["joint_gravity"]["method"] is None
    assert found.blocks["flows-other"][0]["shape"] == [30, 30]
    assert "map" not in found.blocks
    assert "intervals" not in found.blocks


def test_a_page_has_groups_and_scenarios_by_the_other_method(small):
    table = small.tables["regions"].assign(cba_capital_mt=np.arange(30.0), exports_mt=1.0)
    groups = pd.DataFrame({"producer_quintile": ["Q1"], "mt": [2.5]})
    keys = pd.DataFrame(
        {
            "region": [table["region"][0]],
            "key_sector": ["coal"],
            **{name: [1.0] for name in ("emissions_t", "output", "national", "global")},
            "plausible": [np.nan],
        }
    )
    chains, layers = small.chains
    analysed = {
        "regions": table,
        "flows_groups": groups,
        "key_intensities": keys,
        "region_chains": chains.assign(value=7654321.0),
        "region_layers": layers,
    }
    material = dataclasses.replace(small, other="other", analysed=analysed)
    found = Elements(explorer(material, STAMP, {}))
    other = found.json("analysed")["other"]
    assert other["tables"]["regions"]["cba_capital_mt"] == [*range(30)]
    assert {"region", "pba_mt", "quintile", "structure"} <= {*other["tables"]["regions"]}
    assert other["tables"]["regions"]["exports_mt"] == [1.0] * 30
    assert not {"name", "population"} & {*other["tables"]["regions"]}  # the same by all methods
    assert other["tables"]["flows_groups"] == {"producer_quintile": ["Q1"], "mt": [2.5]}
    own = found.json("paths")["regions"]
    (chain,) = other["paths"]["regions"]["000000"]["chains"]
    assert chain == {
        **own["000000"]["chains"][0],
        "t": 7654320.0,
    }  # six digits, as those of the run
    assert other["means"] == {"coal": {"national": 1, "global": 1, "plausible": None}}
    assert "analysed" not in Elements(explorer(small, STAMP, {})).blocks


def test_the_page_begins_with_the_numbers_of_the_headline_table_and_their_intervals():
    nan = float("nan")
    table = pd.DataFrame(
        [
            ["footprints of the cities", "Mt CO2", 7242.0, 7237.0, 7324.0, nan, nan, "T022"],
            ["emitted outside the consuming city", "%", 85.8, 67.7, 80.0, 60.0, 70.0, "T061"],
            ["footprint per person", "t CO2", 5.6, nan, nan, nan, nan, ""],
            ["of any type", "cities", 21.0, nan, 32.0, nan, nan, "T149"],
            ["share of the ten largest cities", "%", 17.7, 17.8, 17.0, nan, nan, "T025"],
        ],
        columns=["quantity", "unit", "value", "other_method", "printed", "low", "high", "number"],
    )
    compared = pd.DataFrame({"id": ["T022", "T061", "T149"], "comparable": [True, True, False]})
    total, share, person, emitters = headline({"headline": table, "paper_comparison": compared})
    assert (total["value"], total["other"], total["printed"], total["comparable"]) == (
        7242.0,
        7237.0,
        7324.0,
        True,
    )
    assert (share["value"], share["other"], share["low"], share["high"]) == (85.8, 67.7, 60.0, 70.0)
    assert (person["value"], person["other"], person["printed"], person["low"]) == (
        5.6,
        None,
        None,
        None,
    )
    assert (emitters["value"], emitters["other"], emitters["printed"], emitters["comparable"]) == (
        21.0,
        None,
        32.0,
        False,
    )
    assert headline({}) == []


def test_supply_chains_name_regions_and_sectors_by_their_places(small):
    found = paths_block(*small.chains, SECTORS, small.tables["regions"]["region"].tolist())
    assert found["searched"] == 1
    chain = {"share": 0.25, "t": 1234570.0, "steps": [[1, 1], [0, 0]]}
    assert found["regions"] == {"000000": {"chains": [chain], "layers": [0.25, 0.5, 0.25]}}
    assert found["sectors"][1] == {"code": "02", "name": "Power", "name_local": ""}


def test_the_same_material_gives_the_same_bytes(small):
    assert explorer(small, STAMP, {}) == explorer(small, STAMP, {})


def test_flows_are_in_the_order_of_the_table_of_regions(small):
    turned = small.footprints.isel(origin=slice(None, None, -1))
    other = Material(small.tables, turned, RUN)
    assert blocks(other)["flows"] == blocks(small)["flows"]


@pytest.mark.parametrize(
    "name",
    [
        '<b>"&',
        "</script><script>alert(1)</script>",
        "</noscript><img src=x onerror=alert(1)>",
        "-->",
    ],
)
def test_names_never_become_markup(small, name):
    table = small.tables["regions"].assign(name=name, name_local=f"{name}{name}")
    material = Material({"regions": table}, small.footprints, {**RUN, "name": name})
    stamp = {**STAMP, "settings": {"of": name}}
    plain = explorer(
        Material({"regions": small.tables["regions"]}, small.footprints, RUN), STAMP, {}
    )
    text = explorer(material, stamp, {"name": name})
    found = Elements(text)
    assert found.names == Elements(plain).names
    assert found.json("table-regions")["name"][0] == name
    assert text.count(name) == plain.count(name)  # our own scripts may hold it


def test_a_reader_without_scripts_sees_headline_numbers_and_the_largest_footprints(small):
    table = small.tables["regions"]
    material = Material({"regions": table}, small.footprints, RUN)
    text = without_script(material)
    assert "interval" not in text and text.count("<tr>") == 21
    assert f"{table['cba_mt'].sum():,.1f} Mt CO2" in text
    largest = table.loc[table["cba_mt"].idxmax()]
    assert largest["region"] in text
    assert f"{largest['cba_mt']:,.2f}" in text
    assert table.loc[table["cba_mt"].idxmin(), "region"] not in text
    assert "Invented data" in text
    real = dataclasses.replace(material, run={**RUN, "synthetic": False})
    assert "Invented data" not in without_script(real)
    drawn = table.assign(
        cba_mt_low=table["cba_mt"] / 2,
        cba_mt_high=table["cba_mt"] * 3,
        ensemble_cba_mt=table["cba_mt"] + 1,
    )
    about = {
        "level": 0.9,
        "members": 20,
        "method": "calibrated",
        "few": {"members": 20, "inside": 81},
    }
    sure = without_script(dataclasses.replace(material, tables={"regions": drawn}, intervals=about))
    ends = f"{largest['cba_mt'] / 2:,.2f} to {largest['cba_mt'] * 3:,.2f})"
    by_the_other = f"(calibrated method: {largest['cba_mt'] + 1:,.2f}, {ends}"
    assert f"{largest['cba_mt']:,.2f} {by_the_other}" in sure and "20 members are few" in sure
    own = dataclasses.replace(
        material, tables={"regions": drawn}, intervals=about, method="calibrated"
    )
    assert f"{largest['cba_mt']:,.2f} ({ends}" in without_script(own)
    assert "90% intervals over 20 draws by the calibrated method" in sure


def test_what_does_not_fit_is_left_out_in_a_fixed_order_and_named():
    made = {
        name: Block("json", {}, bytes(3000))
        for name in ("run", "flows", "flows-a", "flows-b", "paths", "map")
    }
    size = len(made["run"].element("run"))
    assert fitted(made, 6 * size + 1000) == (made, [])
    kept, left_out = fitted(made, 4 * size + 400)
    assert left_out == ["flows-b", "flows-a"]
    assert list(kept) == ["run", "flows", "paths", "map"]
    assert fitted(made, 0)[1] == ["flows-b", "flows-a", "paths", "map", "flows"]
    assert describe(left_out) == ["flows of the variant b", "flows of the variant a"]


def test_every_dispensable_block_is_one_that_exists(small):
    made = blocks(small, scenario=json_block({}))
    tables = {
        f"table-{name}"
        for name in (
            "warnings",
            "supply_chains",
            "production_layers",
            "identified",
            "scenario_cities",
            "suppliers",
            "emissions_trends",
            "stressors",
            "cells",
        )
    }
    names = {*made, "map", "analysed", *tables}
    for beginning in DISPENSABLE:
        assert [
            name
            for name in names
            if name == beginning or (beginning.endswith("-") and name.startswith(beginning))
        ], beginning


def test_variants_by_another_method_come_first():
    settings = {"a": {"method": None}, "b": {"method": "calibrated"}, "c": {}}
    assert in_order(["c", "a", "b"], settings) == ["b", "a", "c"]


@pytest.mark.slow
def test_a_run_of_2900_regions_stays_below_the_limit_and_says_what_is_missing():
    table = regions(2900)
    codes = table["region"].tolist()
    rng = np.random.default_rng(11)
    keys = ("electricity", "iron_steel", "petroleum_coking", "coal", "non_metal", "chemicals")
    scenario = {"intensities": rng.uniform(size=(3, len(keys) * 2900)).tolist()}
    chains = pd.DataFrame(
        {
            "region": np.repeat(codes[:600], 10),
            "rank": np.tile(np.arange(1, 11), 600),
            "value": rng.uniform(1e3, 1e6, 6000),
            "share": rng.uniform(0, 0.1, 6000),
            "path": [
                " > ".join(f"{codes[i]}/0{1 + i % 2}" for i in rng.integers(0, 2900, 3))
                for _ in range(6000)
            ],
        }
    )
    layers = pd.DataFrame(
        {
            "region": np.repeat(codes, 7),
            "layer": 0,
            "value": 1.0,
            "share": rng.uniform(size=2900 * 7),
        }
    )
    material = Material(
        {"regions": table}, flows(table), RUN, chains=(chains, layers), sectors=SECTORS
    )
    text = explorer(material, STAMP, {}, scenario=json_block(scenario))
    assert len(text.encode()) <= LIMIT
    found = Elements(text)
    assert found.blocks["flows"][0]["form"] == "largest"
    assert found.blocks["flows"][0]["shape"] == [2900, 20]
    about = found.json("about")
    assert about["left_out"] == describe(
        name for name in ("paths", "scenario", "flows") if name not in found.blocks
    )
    assert "table-regions" in found.blocks


def test_a_script_that_ends_its_own_element_is_refused(monkeypatch):
    monkeypatch.setattr(
        pages, "part", lambda name: "</script>" if name.endswith(".js") else "$blocks"
    )
    with pytest.raises(ValueError, match="end of its own element"):
        pages.page("", "", {}, "")


def test_only_the_scripts_of_the_page_may_run(small):
    text = explorer(small, STAMP, {})
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert len(scripts) == 3
    for script in scripts:
        assert hashed(script) in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r'(src|href)="(https?:)?//', text)


@pytest.mark.parametrize("name", pages.SCRIPTS)
def test_a_script_loses_nothing_but_comments_and_indents(name):
    inside, kept = False, []
    for line in map(str.strip, pages.part(f"js/{name}").splitlines()):
        begins = line.startswith("/*")
        if not (inside or begins or line.startswith("//")):
            kept.append(line)
        if begins or inside:
            assert "*/" not in line or line.endswith("*/"), f"code behind a comment: {line}"
            inside = "*/" not in line
    assert pages.bare(pages.part(f"js/{name}")).splitlines() == kept
