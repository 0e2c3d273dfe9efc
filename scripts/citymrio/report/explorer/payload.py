"""What of a run goes into the explorer, block by block. The names are those that the page's scripts use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr

from .. import palette
from ..columns import described
from .blocks import Block, columns, json_block, log_block


def colours() -> dict[str, dict[str, str]]:
    """Colours and plain names of groups, types and sectors, the same as in the figures."""
    return {
        "quintile": palette.QUINTILE_COLOURS,
        "quintileNames": palette.QUINTILE_NAMES,
        "structure": palette.STRUCTURE_COLOURS,
        "structureNames": palette.STRUCTURE_NAMES,
        "type": palette.TYPE_COLOURS,
        "typeNames": palette.TYPE_NAMES,
        "key": palette.KEY_COLOURS,
        "keyNames": palette.KEY_NAMES,
    }


def dictionary(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Unit, meaning and decimals of every column of the tables."""
    return {
        name: {
            column: {"unit": known.unit, "meaning": known.meaning, "decimals": known.decimals}
            for column, known in described(name, table.columns, run).items()
        }
        for name, table in tables.items()
    }


def blocks(
    tables: Mapping[str, pd.DataFrame],
    footprints: xr.Dataset,
    run: Mapping[str, Any],
    others: Mapping[str, xr.Dataset],
) -> dict[str, Block]:
    """The blocks of the page.

    Parameters
    ----------
    tables
        Tables of the run, by their names.
    footprints
        footprint/footprints.nc.
    run
        dataset.json with what else the page says of the run.
    others
        Variant -> its flows, for those that keep them.
    """
    return {
        "run": json_block({"run": dict(run), "colours": colours(), "columns": dictionary(tables, run)}),
        "tables": json_block({name: columns(table) for name, table in tables.items()}),
        "flows": log_block(footprints["flows"].transpose("origin", "destination").to_numpy()),
        **{f"flows-{name}": log_block(flows["flows"].to_numpy()) for name, flows in others.items()},
    }
