"""Differences of totals that are round-off are 0, and what was softened is said where the reader
looks.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_countries import audited, failed, tiny, toy, with_employers

from citymrio.assessment.audit import audit_verdict
from citymrio.base import roundoff
from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import BalanceError


@pytest.mark.parametrize("mode", ["by_use", "by_product"])
@pytest.mark.parametrize(
    ("country", "sector"),
    [(toy, "AGR"), *(pytest.param(tiny, code, marks=pytest.mark.slow) for code in ("08", "03"))],
)
def test_a_sector_without_inputs_is_carried_and_softens_nothing(country, sector, mode):
    """Output less value added is 2e-13 there, not 0: the province was softened as a whole, and I4
    off by 3e-3.
    """
    result, table = audited(
        with_employers(country(), sector),
        provinces={"va_cap": 1.0},
        cities={"va_delta": 0.0, "import_mode": mode},
    )
    assert not failed(table)
    column = (
        result.nested.dataset[["use_self", "use_intra", "use_rest"]].sel(use=sector).to_dataarray()
    )
    assert float(np.abs(column).max()) == 0.0


def test_only_round_off_of_the_scale_is_zero():
    values, scale = np.array([2e-13, -1e-11, 1e-9, 0.0, 3.0]), np.array([1.0, 1.0, 1.0, 0.0, 1e9])
    np.testing.assert_array_equal(roundoff.difference(values, scale), [0.0, 0.0, 1e-9, 0.0, 3.0])


def test_a_category_that_nobody_uses_is_carried():
    country = tiny()
    provinces = {code: table.copy(deep=True) for code, table in country.provinces.items()}
    national = country.national.copy(deep=True)
    for table in (*provinces.values(), national):
        use = table["total_use"]
        use.loc[{"use": "households"}] = use.sel(use="households") + use.sel(use="capital")
        use.loc[{"use": "capital"}] = 0.0
    _, table = audited(replace(country, provinces=provinces, national=national))
    assert not failed(table)


def test_a_failed_audit_names_the_file_of_what_was_softened():
    audit = pd.DataFrame(
        [
            (
                "I4",
                "cities add up",
                9e-3,
                "value_added in accounts.nc, region P0402, sector 05",
                1e-8,
                False,
            )
        ],
        columns=["invariant", "description", "max_rel", "where", "tolerance", "passed"],
    )
    rows = [
        {
            "quantity": "hard column totals in conflict",
            "value": 1.0,
            "flag": "softened",
            "note": "A contradicts B",
        },
        {
            "quantity": "softened inputs",
            "region": "P0402",
            "sector": "05",
            "value": -12.5,
            "flag": "softened",
        },
        {"quantity": "iterations", "value": 900.0},
    ]
    tables = {
        "r/cities/P04/diagnostics.csv": Diagnostics("tables", rows).table(),
        "r/cities/P01/diagnostics.csv": Diagnostics("t", rows[2:]).table(),
    }
    with pytest.raises(
        BalanceError,
        match="P04/diagnostics.csv has 2 rows .* 'softened inputs' by -12.5 at city P0402, "
        "sector 05",
    ) as error:
        audit_verdict(audit, "audit.csv", tables)
    assert "A contradicts B" in str(error.value) and "P01/diagnostics" not in str(error.value)
    with pytest.raises(BalanceError, match="Fix: correct the data of the place"):
        audit_verdict(audit, "audit.csv", {})
