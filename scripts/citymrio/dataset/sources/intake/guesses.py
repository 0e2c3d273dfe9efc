"""What labels of published tables mean, guessed from their words: every guess is one to confirm."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, count

import pandas as pd

from ...contract.folder import CONFIRM as CONFIRM
from ...workbook import words

#: Account of a table -> words of its column; the first that fits counts.
ACCOUNTS = {
    "imports_for_re_exports": r"imports? .*for re-?exports?|进口.*(再出口|转口)",
    "re_exports": r"(?<![a-z])re-? ?export|exports? of (foreign|imported)|entrep[oô]t|再出口|转口",
    "outflow": r"^of$|outflow|流出|domestic export|interregional export|exports? to other",
    "inflow": r"^if$|inflow|流入|domestic import|interregional import|imports? from other",
    "exports": r"^ex$|export|出口",
    "imports": r"^im$|import|进口",
    "error": r"^err$|error|discrepanc|^others?$|^其他$|误差",
    "output": r"^(go|to|x|ti)$|(gross|total) (industry |commodity )?(outputs?|inputs?)"
    r"|^outputs?($| at | in )|总产出|总投入",
}
#: Category of final demand -> its role, whose demand it is, words of its column.
CATEGORIES = {
    "rural_households": ("household", "rural", r"^fu101$|rural|农村"),
    "urban_households": ("household", "urban", r"^fu102$|urban|城镇"),
    "stock_changes": ("stock_changes", "all", r"^fu202$|stock|inventor|存货|^p52"),
    "government": ("government", "all", r"^fu103$|government|\bpublic|collective|政府"),
    "npish": ("household", "all", r"non-?profit|npish"),
    "capital": ("capital", "all", r"^fu201$|capital|gfcf|invest|fixed|valuables|固定资本|^p51"),
    "households": ("household", "all", r"household|private|personal|consumer|people|居民"),
}
#: Words of a sector -> industry, kind, structure group; the first that fits counts.
SECTORS = (
    (
        r"agri|farm|crop|forest|fish|livestock|cattle|paddy|wheat|cereal|hunting|农|林|渔|^a0?\d",
        ("primary", "goods", "agriculture"),
    ),
    (
        r"electric(al|ity)? (and|&) (optical|electronic)|machiner|equipment|vehicle|computer|"
        r"communication equip|electronic|instrument|aircraft|设备|机械|器材|仪器|仪表|计算机",
        ("secondary", "goods", "high_tech"),
    ),
    (
        r"coal|petrol|crude|oil|\bgas\b|coke|refin|electric|power|energy|steam|utilit|电力|燃气|煤|石油|炼焦",
        ("secondary", "goods", "energy"),
    ),
    (
        r"food|beverage|tobacco|textile|apparel|cloth|leather|wood|furniture|paper|print|食品|纺织|"
        r"服装|木材|造纸|印刷",
        ("secondary", "goods", "light"),
    ),
    (
        r"mining|\bores?\b|quarr|metal|steel|iron|chemic|pharma|rubber|plastic|cement|mineral|"
        r"manufactur|industry|plants?\b|制品|矿|化学|冶炼|制造|废品",
        ("secondary", "goods", "heavy"),
    ),
    (r"construction|building|建筑", ("secondary", "services", "heavy")),
    (
        r"\bwater\b.*(supply|collect)|水的生产",
        ("secondary", "goods", "energy"),
    ),
)
SERVICE = ("tertiary", "services", "services")
#: Key sector of the technology scenario -> words of a sector; the first that fits counts.
KEYS = {
    "electricity": r"electric(ity|al power)|power (gen|supply|plant)|^electric power|电力",
    "coal": r"\bcoal\b|煤炭",
    "petroleum_coking": r"petrol|\bcoke|refin|炼焦",
    "non_metal": r"non-?metal.*(product|mineral)|cement|非金属矿物制品",
    "iron_steel": r"iron|steel|basic metal|金属冶炼",
    "chemicals": r"chemic|化学",
}
#: Extension rows that are CO2, and words that make them something else.
CO2 = re.compile(r"(?<![^\W_])co2(?![^\W_])|co₂|carbon dioxide|二氧化碳", re.IGNORECASE)
NOT_CO2 = re.compile(r"biogenic|equivalent|(?<![^\W_])eq(?![^\W_])|co2e|gwp|biomass", re.IGNORECASE)
#: Basis of prices -> words of a title.
PRICES = {
    "producers' prices": r"producer|生产者价格",
    "purchasers' prices": r"purchaser|购买者价格",
    "basic prices": r"basic price|基本价格",
}
#: Regions that stand for all others.
REST = re.compile(r"^row\b|rest of|^w[aelfm]$|other countries", re.IGNORECASE)
BAD_CODE = re.compile(r"[\s\"'/,;:*?\[\]<>|\\={}@+#]|^-")


def account(texts: Iterable[str]) -> str:
    """The account that the words of a column name, the nearest words first; "" for none."""
    return _first(texts, ACCOUNTS)


def category(texts: Iterable[str]) -> str:
    """The category of final demand that the words of a column name; "" for none."""
    return _first(texts, {name: row[2] for name, row in CATEGORIES.items()})


def _first(texts: Iterable[str], patterns: dict[str, str]) -> str:
    said = (" ".join(text.split()).lower() for text in texts)
    found = (
        name
        for plain in said
        for name, pattern in patterns.items()
        if re.search(pattern, plain) or re.search(pattern, words(plain))
    )
    return next(found, "")


def prices(titles: Iterable[str]) -> str:
    """The basis of prices that titles name; "" for none."""
    return _first(titles, PRICES)


def codes_of(labels: Sequence[str], prefix: str) -> list[str]:
    """A code for every label: the label where it can be one, otherwise a number of its own."""
    sound = [0 < len(text) <= 64 and not BAD_CODE.search(text) for text in labels]
    if all(sound) and len(set(labels)) == len(labels):
        return list(labels)
    width = len(str(len(labels)))
    return [f"{prefix}{k:0{width}d}" for k in range(1, len(labels) + 1)]


def keys_of(codes: Sequence[str], names: Sequence[str]) -> list[str]:
    """The key sector of every sector, "" for none; where no name says one, the first sector that
    makes energy (or the first of all) is one under its own code.
    """
    keys = [
        next((key for key, of in KEYS.items() if re.search(of, name.lower())), "") for name in names
    ]
    if not any(keys):
        groups = sectors_list(codes, names)["group_a"].tolist()
        first = groups.index("energy") if "energy" in groups else 0
        keys[first] = codes[first]
    return keys


def unique(name: str, taken: Collection[str]) -> str:
    """The name, with the first number behind it that makes it none of those that are taken."""
    numbered = (f"{name}_{k}" for k in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def sectors_list(codes: Sequence[str], names: Sequence[str], *, keys: bool = False) -> pd.DataFrame:
    """sectors.csv, with industry, kind and groups guessed from the names; with `keys` also whether
    one is a key sector.
    """
    key_of = keys_of(codes, names) if keys else [""] * len(codes)
    guessed = [
        next((of for words_of, of in SECTORS if re.search(words_of, name.lower())), SERVICE)
        for name in names
    ]
    note = f"{CONFIRM}: industry, kind and groups are guessed from the name"
    rows = [
        (code, name or code, industry, kind, group, group, str(bool(key)).lower(), note)
        for code, name, key, (industry, kind, group) in zip(
            codes, names, key_of, guessed, strict=True
        )
    ]
    columns = ("sector", "name", "industry", "kind", "group_a", "group_b", "key", "note")
    return pd.DataFrame(rows, columns=list(columns))


def demand_list(codes: Sequence[str], names: Sequence[str], guessed: Sequence[str]) -> pd.DataFrame:
    """final_demand.csv; `guessed` are the entries of `CATEGORIES` that words named, "" for none."""
    rows = []
    for code, name, guess in zip(codes, names, guessed, strict=True):
        role, residence, _ = CATEGORIES.get(guess, ("", "all", ""))
        why = "role is guessed from the name" if role else "no word of the name says the role"
        rows.append((code, name or code, role, residence, f"{CONFIRM}: {why}"))
    return pd.DataFrame(rows, columns=["category", "name", "role", "residence", "note"])


def regions_list(
    codes: Sequence[str], names: Sequence[str], gdp: Sequence[float | str], kind: str
) -> pd.DataFrame:
    """regions.csv: every region its own province, what no table says left blank."""
    note = (
        f"{CONFIRM}: gdp is the value added of the table; population, place and area are in no file"
    )
    provinces = codes_of(
        [re.sub(r"[^A-Za-z0-9]", "", code) for code in codes], "P"
    )  # they name files
    # a rest of the world is no region that is compared with others
    kinds = ["province" if REST.search(name) else kind for name in names]
    rows = [
        (code, name, "", province, name, own, "", "", value, "", "", "", note)
        for code, name, province, own, value in zip(
            codes, names, provinces, kinds, gdp, strict=True
        )
    ]
    columns = (
        "region name name_local province province_name kind population population_rural gdp lon "
        "lat area_km2 note"
    )
    return pd.DataFrame(rows, columns=columns.split())
