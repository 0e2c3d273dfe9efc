"""The toy country as supply and use tables."""

from __future__ import annotations

import toy

Tables = dict[str, list[list]]
USES = [*toy.CODES, *toy.CATEGORIES]


def to_supply_and_use(tables: Tables, model: str = "D", secondary: float = 0.0) -> None:
    """Replace every input-output table by its supply and use tables.

    A share `secondary` of what industry MAN makes is product SER: it moves from exports of MAN to
    exports of SER, so that rows stay closed.
    """
    for name in [name for name in tables if name.startswith("provinces/") or name == "national"]:
        rows = tables.pop(name)
        column = {label: k for k, label in enumerate(rows[0])}
        output = {row[0]: row[column["output"]] for row in rows[1 : 1 + len(toy.CODES)]}
        moved = secondary * output["MAN"]
        supply = [["sector", *toy.CODES]]
        supply += [[i, *(output[i] if i == j else 0 for j in toy.CODES)] for i in toy.CODES]
        place = {code: k for k, code in enumerate(toy.CODES)}
        supply[1 + place["MAN"]][1 + place["MAN"]] -= moved
        supply[1 + place["SER"]][1 + place["MAN"]] += moved
        use = [[cell for k, cell in enumerate(row) if k != column["output"]] for row in rows]
        use[1 + place["MAN"]][column["exports"]] -= moved
        use[1 + place["SER"]][column["exports"]] += moved
        tables[f"{name}.supply"], tables[f"{name}.use"] = supply, use
    tables["dataset"].append(["supply_use_model", model])
