"""What other groups and scenarios say of the same estimate: which thresholds, benchmarks and
targets the results hang on.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict

import pandas as pd

from ..analysis.affluence import affluence_column, is_city
from ..base.notices import Notice, collecting, warn
from ..config.models import Config, Groups
from ..dataset.dataset import DatasetFolder
from .analysed import Estimated, analysis_tables

#: Columns of sensitivity.csv.
COLUMNS = ("case", "quantity", "unit", "main", "value")
TYPES = ("demand", "technology", "hybrid")


def group_numbers(tables: Mapping[str, pd.DataFrame], groups: Groups) -> pd.DataFrame:
    """What groups and scenarios decide, of one set of tables.

    Parameters
    ----------
    tables
        regions, scenarios, quota, deficits.

    Returns
    -------
    pandas.DataFrame
        quantity, value, unit: cities by quintile, structure and type of super-emitter, net
        producers, means of quintiles over cities, savings, quota, deficits.
    """
    return pd.DataFrame(
        _rows(tables, affluence_column(groups)), columns=["quantity", "value", "unit"]
    )


def _rows(tables: Mapping[str, pd.DataFrame], affluence: str) -> Iterator[tuple[str, float, str]]:
    cities = tables["regions"][is_city(tables["regions"])]
    for kind in TYPES:
        yield f"super-emitters: {kind}", float(cities["super_emitter"].eq(kind).sum()), "cities"
    yield "net producers", float(cities["role"].eq("net producer").sum()), "cities"
    for name, group in cities.groupby("quintile"):
        yield f"quintiles: {name}", float(len(group)), "cities"
        yield f"affluence: {name}", float(group[affluence].mean()), "USD"
        yield f"per capita: {name}", float(group["per_capita_t"].mean()), "t CO2"
    for name, group in cities.groupby("structure"):
        yield f"structures: {name}", float(len(group)), "cities"
    for row in tables["scenarios"].itertuples():
        yield f"saving: {row.scenario}", float(row.saving_mt), "Mt CO2"
    existing = tables["quota"].loc[tables["quota"]["scenario"].eq("existing"), "existing_mt"]
    for value in existing.dropna():
        yield "quota: existing", float(value), "Mt CO2"
    for row in tables["deficits"].itertuples():
        yield f"deficit: {row.case}", float(row.deficit_mt), "Mt CO2"


def sensitivity(
    main: Mapping[str, pd.DataFrame],
    groups: Groups,
    result: Estimated,
    dataset: DatasetFolder,
    cases: Mapping[str, Config],
    said: Collection[Notice] = (),
) -> pd.DataFrame:
    """Numbers of every case beside those of the run (tables/sensitivity.csv); what a case warns of
    beyond the run is said.

    Parameters
    ----------
    main, groups
        The tables of the run that :func:`group_numbers` reads, and its configuration of groups.
    result
        The estimate, which all cases share.
    cases
        Configuration by case.
    said
        What the run's own groups and scenarios warned of.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. Blank where only one of both has the number (another number of structures,
        another scenario).
    """
    label, parts = ["quantity", "unit"], []
    own = group_numbers(main, groups).set_index(label).rename(columns={"value": "main"})
    for name, config in cases.items():
        with collecting() as notices:
            tables = analysis_tables(result, dataset, config)
        for notice in notices:
            if notice not in said:
                warn(**asdict(notice) | {"where": f"sensitivity, case {name}: {notice.where}"})
        other = group_numbers(tables, config.groups).set_index(label)
        parts.append(
            pd.concat([own, other], axis=1, sort=False).reset_index(names=label).assign(case=name)
        )
    return pd.concat(parts, ignore_index=True)[[*COLUMNS]]
