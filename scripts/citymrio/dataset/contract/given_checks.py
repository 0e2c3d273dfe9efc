"""What the lists of a given table must keep beside the rules of every dataset."""

from __future__ import annotations

from ...base.errors import DataError
from .folder import InputFolder
from .tables import HOUSEHOLDS


def given_faults(data: InputFolder) -> list[DataError]:
    """Regions without emissions, a sector that is called as households are, accounts that are categories as well."""
    faults = []
    if data.whole("emissions") and data.whole("regions"):
        told, where = set(data.column("emissions", "region")), data.place("emissions")
        faults += [
            DataError(f"region '{code}' has no row; expected its emissions", where=where, fix="add them, 0 where there are none.")
            for code in data.column("regions", "region")
            if code not in told
        ]
    for row, code in enumerate(data.column("sectors", "sector")):
        if code == HOUSEHOLDS:
            message = f"column 'sector' is '{code}', which stands for the direct emissions of households; expected another code"
            faults.append(data.tables["sectors"].fault(row, message, "change the code everywhere."))
    for row, (name, role) in enumerate(zip(data.column("accounts", "name"), data.column("accounts", "role"), strict=True)):
        if role in ("exports", "error") and name in data.column("final_demand", "category"):
            message = f"'{name}' is a category of final_demand as well; expected one or the other"
            faults.append(data.tables["accounts"].fault(row, message, "remove it from one of them."))
    return faults
