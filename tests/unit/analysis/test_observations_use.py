"""The table of observations: emissions are joined with what the inventory made of them."""

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.analysis.observations import observations_use

COLUMNS = ("level", "prior", "estimate", "slack", "weight", "moved")


def test_emissions_stand_with_their_estimate_and_other_rows_as_they_are():
    rows = [
        {
            "region": "A",
            "quantity": "exports",
            "sectors": "",
            "observed": 5.0,
            "reliability": 0.9,
            "use": "used",
            "why": "",
        },
        {
            "region": "A",
            "quantity": "emissions",
            "sectors": "",
            "observed": 50.0,
            "reliability": 0.7,
            "use": "",
            "why": "",
        },
        {
            "region": "A",
            "quantity": "emissions",
            "sectors": "2;1",
            "observed": 30.0,
            "reliability": 0.7,
            "use": "",
            "why": "",
        },
        {
            "region": "B",
            "quantity": "emissions",
            "sectors": "",
            "observed": 70.0,
            "reliability": 0.7,
            "use": "",
            "why": "",
        },
        {
            "region": "B",
            "quantity": "emissions",
            "sectors": "3",
            "observed": 70.0,
            "reliability": 0.0,
            "use": "",
            "why": "",
        },
    ]
    used = pd.DataFrame(rows).assign(
        status=["observed", "observed", "observed", "imputed", "observed"]
    )
    used = used.assign(**dict.fromkeys(COLUMNS, np.nan))
    used.loc[0, list(COLUMNS)] = [4.0, 3.0, 3.5, -0.5, 10.0, 0.5]
    as_read = used.assign(why=np.nan)
    values = {
        "emissions_prior": [[10.0, 10, 10], [1, 2, 3]],
        "emissions_inventory": [[12.0, 14, 15], [2, 3, 4]],
    }
    inventory = xr.Dataset(
        {name: (("region", "inventory_sector"), v) for name, v in values.items()},
        coords={"region": ["A", "B"], "inventory_sector": ["1", "2", "3"]},
    )
    report = pd.DataFrame({"region": ["A", "B"], "target_scale": [0.82, np.nan]})
    table = observations_use([as_read.iloc[:3], as_read.iloc[3:]], inventory, report)
    pd.testing.assert_frame_equal(table.iloc[:1], used.iloc[:1], check_dtype=False)
    assert table["level"].tolist()[1:3] == [41.0, 30.0]
    assert table["prior"].tolist()[1:] == [30.0, 20.0, 6.0, 3.0] and table["estimate"].tolist()[
        1:
    ] == [41.0, 26.0, 9.0, 4.0]
    assert table["slack"].tolist()[1:3] == [0.0, -4.0] and table["moved"].tolist()[1:] == [
        11.0,
        6.0,
        3.0,
        1.0,
    ]
    assert table["use"].tolist() == ["used", "used", "used", "not used", "not used"]
    assert table["why"][3] == table["why"][4] == "its status is imputed, or its reliability 0"
