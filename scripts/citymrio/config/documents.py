"""What is generated from the configuration models: the tables of config/README.md (`citymrio documents`)."""

from __future__ import annotations

import json
from typing import get_args, get_origin

from pydantic import BaseModel

from .models import Config, Sensitivity, Variant
from .spreads import SPREADS

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"

#: Units of the keys that have one; all other numbers have no unit.
UNITS = {
    "dataset.year": "year",
    "provinces.err_tol": "share of output",
    "provinces.va_cap": "share of output",
    "provinces.trade_cap": "share of output, of use",
    "provinces.stock_cap": "share of other use",
    "cities.va_delta": "share of output",
    "cities.emissions_log_bound": "log ratio",
    "cities.distance_scale": "km",
    "cities.border_change": "log ratio",
    "cities.border_barrier": "share",
    "solver.tol_inner": "relative",
    "solver.tol_outer": "relative",
    "audit.tolerance": "relative",
    "groups.thresholds_usd": "USD per capita and year",
    "groups.super_share": "share",
    "scenarios.capital_target": "share of final demand",
    "scenarios.peak_emissions_gt": "Gt CO2",
    "uncertainty.level": "probability",
    **{f"uncertainty.{spread.name}": spread.unit for spread in SPREADS},
    "inventory.control_total_sd": "log ratio",
    "figures.dpi": "dots per inch",
    "figures.font_size": "points",
}


def _choices(annotation: object) -> list[str]:
    """The values of a Literal."""
    if str(get_origin(annotation)) == "typing.Literal":
        return [f"`{value}`" for value in get_args(annotation)]
    return []


def _default(value: object) -> str:
    if isinstance(value, BaseModel):
        return "see below"
    if value is None:
        return "not given"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(value)}`" if value != {} else "none"


def _row(*cells: str) -> str:
    """One row of a Markdown table: each cell on one line, bars escaped."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            continue
        key = f"{prefix}{name}"
        kind = ", ".join(_choices(field.annotation)) or UNITS.get(key, "")
        rows.append(_row(f"`{key}`", _default(default), kind, str(field.description)))
    return rows


def tables() -> str:
    """One table per section: key, default, unit or choices, effect."""
    head = [_row("key", "default", "unit or choices", "effect"), "|---|---|---|---|"]
    parts = [["## The run", "", *head, *_rows(Config, "")]]
    for name, field in Config.model_fields.items():
        if isinstance(field.default, BaseModel):
            parts.append([f"## `{name}`", "", str(field.description), "", *head, *_rows(type(field.default), f"{name}.")])
    for key, model in (("variants", Variant), ("sensitivity", Sensitivity)):
        parts.append([f"## `{key}.<name>`", "", str(model.__doc__), "", *head, *_rows(model, f"{key}.<name>.")])
    return "\n\n".join("\n".join(part) for part in parts)


def with_generated(text: str, generated: str) -> str:
    """`text` with its generated part replaced."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{generated}\n\n{END}{rest.split(END)[1]}"
