"""Trade between provinces (method section 0.2; rules R1-R4), and its reference measure."""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import read_pairs
from ..base.diagnostics import Diagnostics
from ..base.errors import DataError
from ..base.geography import province_centres
from ..base.labels import array, keyed_values, needs_columns, read_table
from ..base.money import unit_in
from ..base.printed_names import to_own_sectors
from ..config.models import Provinces, Solver
from ..trade.distances import kernel
from ..trade.flows import zero_diagonal_trade

#: Weight of a known trade in the reference of a sector; the rest is the gravity reference, which
#: rules out no trade.
KNOWN_WEIGHT = 0.99


def known_reference(
    known: pd.DataFrame,
    gravity: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    codes: list[str],
    sectors: list[str],
    weight: float,
    where: str,
) -> np.ndarray:
    """Reference measure from known trade, shape (sector, province, province), > 0 off the diagonal.

    q_i^pq = w K_i^pq / sum K_i + (1 - w) G_i^pq / sum G_i with the known trade K and G_i^pq =
    OUT_i^p INF_i^q times the gravity kernel; a sector without known trade has G alone. Only
    proportions of K count: any unit, any year.

    Parameters
    ----------
    known
        origin, destination, sector, value.
    gravity
        Kernel (province, province); outflow, inflow (province, sector).

    Raises
    ------
    DataError
        A missing column, a pair given twice, a province or sector that is not the dataset's, a
        value that is not >= 0.
    """
    needs_columns(known, ("origin", "destination", "sector", "value"), where)
    table = known.reset_index(drop=True)
    for column, labels in (("origin", codes), ("destination", codes), ("sector", sectors)):
        other = table.loc[~table[column].isin(labels), column]
        if len(other):
            raise DataError(
                f"{column} '{other.iloc[0]}' is unknown",
                where=f"{where}, row {other.index[0] + 2}",
                fix="use the codes of the dataset; bring trade of another classification to its "
                "sectors first.",
            )
    name, fix = (
        "trade {origin} -> {destination} of {sector}",
        "one number >= 0 for every pair and sector.",
    )
    value = keyed_values(
        table, ("origin", "destination", "sector"), zero=True, name=name, where=where, fix=fix
    )
    place = {code: n for n, code in enumerate(codes)}
    row, column = (table[name].map(place).to_numpy(int) for name in ("origin", "destination"))
    sector = table["sector"].map({name: n for n, name in enumerate(sectors)}).to_numpy(int)
    k = np.zeros((len(sectors), len(codes), len(codes)))
    k[sector, row, column] = value
    # a margin of 0 has no trade whatever the reference says: 1 stands in, so that the reference
    # stays positive
    size = [np.where(margin.T > 0, margin.T, 1.0) for margin in (outflow, inflow)]
    g = gravity * size[0][:, :, None] * size[1][:, None, :]
    home = np.arange(len(codes))
    k[:, home, home] = g[:, home, home] = 0.0
    total = k.sum(axis=(1, 2), keepdims=True)
    share = np.where(total > 0, weight, 0.0)
    return share * k / np.where(total > 0, total, 1.0) + (1 - share) * g / g.sum(
        axis=(1, 2), keepdims=True
    )


def province_trade(
    system: xr.Dataset,
    regions: pd.DataFrame,
    config: Provinces,
    solver: Solver,
    names: pd.DataFrame | None = None,
    factors: xr.DataArray | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Trade between provinces by doubly constrained entropy with a gravity reference, or one from
    known trade.

    min KL(T | q), sum_q T_i^pq = OUT_i^p, sum_p T_i^pq = INF_i^q, T^pp = 0 (Wilson 1970), all
    sectors at once.

    Parameters
    ----------
    names
        sectors.csv: a known trade of another classification is joined by these names; None: its
        codes are the system's.
    factors
        Factors (sector, origin, destination) on the reference: one draw of the ensemble.

    Returns
    -------
    trade
        provinces/trade.nc: trade(sector, origin, destination).
    report
        Diagnostics: iterations, residual, effective partners.

    Raises
    ------
    DataError
        The known trade is malformed, or its sectors are not those of the dataset.
    """
    codes, sectors = system["province"].values.tolist(), system["sector"].values.tolist()
    q = kernel(province_centres(regions, codes), prior="power", theta=config.theta)
    outflow, inflow = (
        system[name].transpose("province", "sector").values for name in ("outflow", "inflow")
    )
    if config.trade_known is not None:
        known = read_table(config.trade_known)
        if names is not None and "sector" in known:
            pairs = read_pairs(config.concordance)["sector"]
            own = to_own_sectors(known, names, config.trade_known, pairs)
            if not own["sector"].equals(known["sector"]):  # of several that are one here, the sum
                keys = ["origin", "destination", "sector"]
                own = own.groupby(keys, sort=False, as_index=False)["value"].sum()
            known = own
        q = known_reference(
            known, q, outflow, inflow, codes, sectors, KNOWN_WEIGHT, config.trade_known
        )
    if factors is not None:
        q = (
            q
            * factors.sel(sector=sectors, origin=codes, destination=codes)
            .transpose("sector", "origin", "destination")
            .values
        )
    report = Diagnostics("province_trade")
    values = zero_diagonal_trade(
        outflow,
        inflow,
        q,
        regions=codes,
        sectors=sectors,
        name="trade between provinces",
        solver=solver,
        report=report,
    )
    unit = unit_in(system)
    trade = xr.Dataset(
        {
            "trade": array(
                values, ("sector", "origin", "destination"), unit, "trade between provinces"
            )
        },
        coords={"sector": sectors, "origin": codes, "destination": codes},
    )
    return trade, report.table()
