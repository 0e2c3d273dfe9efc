"""How data travel in the explorer: what comes out of a block is what went in, as near as its form
promises.
"""

from __future__ import annotations

import base64
import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest

from citymrio.nested.flows import Flows
from citymrio.report.explorer.blocks import (
    LOG_ERROR,
    LOG_RANGE,
    Block,
    columns,
    json_block,
    largest_block,
    log_block,
)


def read(block: Block) -> tuple[dict, bytes]:
    """A block as the page's script finds it in HTML."""
    element = block.element("name")
    about = re.search(r'data-about="([^"]*)"', element)[1].replace("&quot;", '"')
    return json.loads(about), gzip.decompress(base64.b64decode(re.search(r">([^<]*)<", element)[1]))


def decoded(raw: bytes, about: dict) -> np.ndarray:
    code = np.frombuffer(raw, "<i2").astype(float)
    return np.where(
        code == 0,
        0.0,
        np.sign(code) * about["top"] * np.exp((np.abs(code) - 32767) * about["step"]),
    )


@pytest.fixture
def flows() -> np.ndarray:
    """Flows among 40 regions over eight orders of magnitude, some of them 0, some negative."""
    rng = np.random.default_rng(7)
    values = np.exp(rng.uniform(np.log(1e-1), np.log(1e7), (40, 40))) * rng.choice(
        [1.0, 1.0, 1.0, 0.0, -1.0], (40, 40)
    )
    return values


def test_logarithms_keep_every_number_within_the_promised_error(flows):
    about, raw = read(log_block(flows))
    found = decoded(raw, about).reshape(about["shape"])
    there = flows != 0
    error = np.abs(found[there] / flows[there] - 1)
    assert 0 < error.max() <= LOG_ERROR
    assert (found[~there] == 0).all()
    assert np.sum(np.abs(found)) == pytest.approx(np.sum(np.abs(flows)), rel=LOG_ERROR)


def test_a_number_below_the_range_is_held_as_the_smallest_and_never_as_0():
    about, raw = read(log_block(np.array([1.0, 0.1 / LOG_RANGE, -0.1 / LOG_RANGE])))
    found = decoded(raw, about)
    assert found[1] == pytest.approx(1 / LOG_RANGE, rel=1e-3)
    assert found[2] == -found[1]


def test_zeros_alone_stay_zeros():
    about, raw = read(log_block(np.zeros((2, 3))))
    assert decoded(raw, about).tolist() == [0.0] * 6


def test_the_largest_flows_and_the_rest_make_up_all(flows):
    flows = np.abs(flows)
    about, raw = read(largest_block(Flows.whole(flows), 5))
    regions, count = about["shape"]
    partners = np.frombuffer(raw[: 4 * regions * count], "<u2").reshape(2, regions, count)
    values = decoded(raw[4 * regions * count :], about)
    listed, others = (
        values[: 2 * regions * count].reshape(2, regions, count),
        values[2 * regions * count :].reshape(2, regions),
    )
    for side, matrix in enumerate((flows.T, flows)):
        for region in range(regions):
            order = np.sort(matrix[region])[::-1]
            assert listed[side, region] == pytest.approx(order[:count], rel=LOG_ERROR)
            assert matrix[region, partners[side, region]] == pytest.approx(order[:count])
            assert others[side, region] == pytest.approx(order[count:].sum(), rel=LOG_ERROR)


def test_fewer_regions_than_asked_for_are_all_listed():
    about, _ = read(largest_block(Flows.whole(np.ones((3, 3))), 20))
    assert about["shape"] == [3, 3]


def test_all_digits_of_json_come_back():
    value = {"text": '<b>"&</script>\u00e9', "number": 0.1 + 0.2, "blank": None}
    assert json.loads(read(json_block(value))[1]) == value


def test_columns_hold_codes_as_text_and_blanks_as_null():
    table = pd.DataFrame(
        {"region": ["0101", ""], "count": [1, 2], "share": [0.25, np.nan], "there": [True, False]}
    )
    assert columns(table) == {
        "region": ["0101", ""],
        "count": [1, 2],
        "share": [0.25, None],
        "there": [True, False],
    }
    assert columns(pd.DataFrame({"x": [np.inf]})) == {"x": [None]}
    assert json_block(columns(pd.DataFrame({"n": pd.array([1, pd.NA], dtype="Int64")}))).data


def test_the_same_data_give_the_same_bytes_and_no_character_that_html_reads(flows):
    first, second = log_block(flows).element("flows"), log_block(flows.copy()).element("flows")
    assert first == second
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", re.search(r">([^<]*)<", first)[1])
