"""Typed configuration: every key with its unit, default and effect; unknown keys are refused with a
suggestion.

``config/schema.json`` is generated from these models (``make config``), and so are the tables of
``config/README.md``. A stage's function takes only its own section, so that a change in one section
concerns only that stage.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from ..base.errors import ConfigError
from ..base.methods import METHODS
from ..base.solvers import DUAL, SOLVERS, TABLES, TOLERANCE, refusal
from ..base.vocabulary import CO2, QUANTITIES
from .kinds import EXTRAS, GIVEN, KEYS, reads
from .spreads import SPREADS, Spread

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
#: Standard deviation.
SD = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0)]
Tolerance = Annotated[float, Field(gt=0, lt=1)]
#: Accounts of a region that its table has: all that can be observed but emissions.
ACCOUNTS = tuple(name for name in QUANTITIES if name != "emissions")
if TYPE_CHECKING:
    SolverName: TypeAlias = str
    DatasetKind: TypeAlias = str
    ExtraName: TypeAlias = str
    Account: TypeAlias = str
else:  # the names of the registries; type checkers know no computed Literal
    SolverName, DatasetKind = Literal[tuple(SOLVERS)], Literal[tuple(KEYS)]
    ExtraName, Account = Literal[EXTRAS], Literal[ACCOUNTS]


def _path(text: str) -> str:
    """A path with a leading `~` replaced by the home folder."""
    if not text.strip() or "\0" in text:
        raise ValueError(
            f"the value is {text!r}, expected a path; leave the key out where there is none"
        )
    found = os.path.expanduser(text)
    if found.startswith("~"):
        raise ValueError(
            f"the value is {text!r}, and no home folder is known for '{text.split('/')[0]}'; "
            "write the whole path"
        )
    return found


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names that must not appear twice."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"the value names {twice[0]} twice, expected every name once")
    return names


FilePath = Annotated[str, AfterValidator(_path)]
Names = Annotated[tuple[str, ...], AfterValidator(_once)]
#: Names of runs and variants: they are names of files and folders.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
LONGEST_NAME = 100
#: Most bytes of the true trade of a synthetic country.
TRADE_BYTES = 4 * 2**30
NAMES = (
    "expected letters, digits, '_', '.' or '-', a letter or digit first, 100 at most (it "
    "names files and folders)"
)


class Section(BaseModel):
    """Base of all sections: unknown keys are errors, values are immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values of some keys, sections as sections.

        Raises
        ------
        ConfigError
            An unknown key, or a mapping in the place of a section.
        """
        for name, value in (update or {}).items():
            if name not in type(self).model_fields:
                known = ", ".join(type(self).model_fields)
                raise ConfigError(f"unknown key '{name}'", where="update", fix=f"one of: {known}.")
            if isinstance(value, Mapping) and isinstance(getattr(self, name), Section):
                fix = f"give a section: `.{name}.model_copy(update=...)` of the same."
                raise ConfigError(f"'{name}' is a mapping", where="update", fix=fix)
        return super().model_copy(update=update, deep=deep)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if (
            isinstance(value, bool)
            and cls.model_fields[str(info.field_name)].annotation is not bool
        ):
            raise ValueError(
                f"the value is {value} (YAML reads yes, no, on and off as true or false), "
                "expected another kind of value"
            )
        return value


class CountrySize(Section):
    """A synthetic country of any size, made like the full one: of 31 provinces four are one city
    and four are not split. Below 42 sectors those of the tiny country are split, else those of the
    full one.
    """

    provinces: Annotated[int, Field(ge=4)]
    """Provinces, at least 4."""
    cities: Annotated[int, Field(ge=8)]
    """Cities, at least two a province."""
    sectors: Annotated[int, Field(ge=8)]
    """Sectors, at least 8."""

    @model_validator(mode="after")
    def _can_be_drawn(self) -> CountrySize:
        if self.cities < 2 * self.provinces:
            raise ValueError(
                f"{self.cities} cities in {self.provinces} provinces, expected two a province or "
                "more"
            )
        if (needed := 8 * self.sectors * self.cities**2) > TRADE_BYTES:
            raise ValueError(
                f"trade of {self.sectors} products between {self.cities} cities is drawn pair by "
                f"pair, {needed / 2**30:.0f} GiB; expected at most {TRADE_BYTES / 2**30:.0f} GiB: "
                "take fewer cities or sectors"
            )
        return self

    def __str__(self) -> str:
        return f"{self.provinces} provinces, {self.cities} cities, {self.sectors} sectors"


class Dataset(Section):
    """Which country, and where its files come from."""

    kind: DatasetKind = "synthetic"
    """`synthetic`: an invented country; `china`: the public Chinese sources; `tables`: printed
    input-output tables of regions; `user`: your own dataset folder; `mrio`: a given multi-regional
    table, analysed as it is.
    """
    size: Annotated[
        Annotated[Literal["full", "tiny"], Tag("name")] | Annotated[CountrySize, Tag("numbers")],
        Discriminator(lambda value: "name" if isinstance(value, str) else "numbers"),
    ] = "full"
    """`full` (31 provinces, 309 cities, 42 sectors), `tiny` (5, 14, 8), or numbers such as
    `{provinces: 31, cities: 1000, sectors: 83}`, of the synthetic country.
    """
    seed: Seed = 20120
    """Random seed of the synthetic country."""
    stressors: Annotated[tuple[Literal["water", "employment"], ...], AfterValidator(_once)] = ()
    """Further stressors of the synthetic country: `water`, `employment`. Other kinds have those of
    their table `stressors`.
    """
    year: Annotated[int, Field(ge=1900, le=2100)] = 2012
    """Reference year of the data."""
    raw_dir: FilePath | None = None
    """Folder of the raw files (kinds `china`, `tables`; without it they are downloaded), the
    dataset (`user`) or the lists (`mrio`).
    """
    sources: FilePath = "config/sources/china2012.csv"
    """List of raw files: path, bytes, sha256, url, terms (kinds `china`, `tables`)."""
    classification: FilePath = "config/classification/china2012"
    """Folder with the lists of sectors, final demand, inventory sectors, fuels and the bridge
    (kinds `china`, `tables`).
    """
    downloads: FilePath = "resources/raw"
    """Folder of downloaded raw files, shared by runs. Another file in the place of one is kept as
    `file.1`.
    """
    extras: Annotated[tuple[ExtraName, ...], AfterValidator(_once)] = ()
    """Extra observations to read, by role: `power_plants`, `investment` (kind `china`).
    `cities.extras` says which ones an estimate uses.
    """
    extras_sources: FilePath = "config/sources/china_extras.csv"
    """List of the files of `extras`, as `sources` (kind `china`)."""
    extras_dir: FilePath | None = None
    """Folder of the files of `extras` (kind `china`); when not given `raw_dir`, without that they
    are downloaded.
    """
    unsplit: tuple[str, ...] = ("46", "53", "54", "63")
    """Provinces (2-digit codes) kept as one region (kind `china`)."""
    observations: tuple[Account, ...] = ACCOUNTS
    """Accounts of the regions that the estimate is told (kind `tables`); those left out can test
    it.
    """
    mrio: FilePath | None = None
    """Kind `mrio`: the table (docs/given-tables.md has its forms). Other kinds: a provincial MRIO
    (workbook in CEADs' layout, or netCDF) instead of estimated trade between provinces.
    """

    @property
    def raw_folder(self) -> Path:
        """Where the raw files lie: `raw_dir`, else a folder below `downloads` named after the
        sources list.
        """
        return (
            Path(self.raw_dir) if self.raw_dir else Path(self.downloads) / Path(self.sources).stem
        )

    @property
    def of_extras(self) -> Dataset:
        """The same with the list and the folder of the extra observations in place of those of the
        raw files.
        """
        return self.model_copy(
            update={"sources": self.extras_sources, "raw_dir": self.extras_dir or self.raw_dir}
        )

    @model_validator(mode="after")
    def _a_user_names_a_folder(self) -> Dataset:
        if self.kind == "user" and not self.raw_dir:
            raise ValueError("kind 'user' needs raw_dir, the folder of the dataset")
        lacking = [name for name in ("mrio", "raw_dir") if getattr(self, name) is None]
        if self.kind == GIVEN and lacking:
            raise ValueError(
                f"kind 'mrio' needs {' and '.join(lacking)}: mrio names the table (a pymrio "
                "folder or a .mat file), raw_dir "
                "the folder of its lists (docs/given-tables.md)"
            )
        return self


class Provinces(Section):
    """Balancing of the provincial tables, and trade between provinces (method 0.2, R1-R4)."""

    calibrate: Literal["national", "none"] = "national"
    """`national`: scale provincial tables to the national one; `none`: take them as printed, gaps
    go to the error account.
    """
    err_tol: Share = 0.05
    """Largest gap booked in the error account, as a share of output or of all sales, whichever is
    larger (kind `mrio`: of output); a larger one stops the run. 1 books every gap of trade.
    """
    va_cap: Share = 0.97
    """Largest share of value added in output after calibration; in sectors without inputs it is 1.
    """
    trade_cap: Share = 0.98
    """Largest share of exports in output, and of imports in use, after calibration."""
    stock_cap: Share = 0.5
    """Largest fall of stocks after calibration, as a share of all other use of the product."""
    theta: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Trade between provinces starts from distance^-theta; with 0 no pair is preferred."""
    trade_known: FilePath | None = None
    """A reference for trade between provinces, of another year or source: a table (origin,
    destination, sector, value), with `sector_name` to join sectors by, or `classification` if the
    codes are the dataset's.
    """
    concordance: FilePath | None = None
    """A list (kind, a, b; kind is `sector`): names of sectors in `trade_known` and `cities.priors`,
    and in the dataset, where they differ. Several that are one here are added up (priors:
    averaged); one that is several counts for each.
    """


class Cities(Section):
    """Estimation inside a province (method sections 1-6)."""

    import_mode: Literal["by_use", "by_product"] = "by_use"
    """`by_use` (mode B): only the import row of the provincial MRIO; `by_product` (mode A): a layer
    of imports by product.
    """
    va_delta: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Value added of a city's sector is at most (1 - va_delta) of its output; a province with more
    stops the run. In sectors without inputs it is output.
    """
    rho_gdp: Positive = 10.0
    """Weight of an observation of reliability 0.9, and of a CO2 total where it enters outputs;
    others weigh by their odds (docs/method.md, section 1-2).
    """
    emissions_enter: Literal["intensity", "output", "both"] = "intensity"
    """What a city's CO2 total changes: its intensities, its outputs by sector, or both by their
    variances (R6).
    """
    demand: Literal["ratio", "proxy", "blend", "consumption"] = "ratio"
    """Final demand of cities: by the province's ratio of intermediate to total demand (`ratio`), by
    people and income (`proxy`), by both (`blend`), or by consumption functions fitted between
    provinces (`consumption`).
    """
    demand_weight: Share = 1.0
    """Weight of the ratio rule in `blend`; the rest are the proxies."""
    split: Literal["paper", "joint"] = "paper"
    """Split of supply and demand by source: two steps with self-supply on both sides (`paper`), or
    one bordered matrix (`joint`).
    """
    trade_prior: Literal["uniform", "power", "border"] = "uniform"
    """Reference of trade between cities: uniform; distance^-theta (`power`); or by sector a home
    preference and a distance exponent, fitted on the provinces (`border`).
    """
    theta: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Distance exponent of `power`, and of `border` where trade between provinces is not known by
    destination.
    """
    border_change: Annotated[float, Field(ge=-5, le=5)] = -0.1
    """Added to the border effect between provinces, of all products; measured on trade of the
    United States (docs/evidence.md).
    """
    border_barrier: Share = 0.5
    """Part of the border effect beyond the observed 1.0 that is a barrier between provinces alone
    (docs/method.md, section 17). Data do not choose: 0.5 is the mean of the ensemble's draws.
    """
    distances: FilePath | None = None
    """A table (origin, destination, value) of distances between the regions of a province, own ones
    included, in any unit (road km, hours), instead of great circles; also in the fit between
    provinces if it has every pair of regions.
    """
    demand_tilt: bool = False
    """Whether demand for a product leans towards the cities that make it, as between provinces.
    Totals of consumption functions stay.
    """
    priors: FilePath | None = None
    """A table of priors (sector, kind, parameter, prior) of another year or source, instead of a
    fit on the provinces; rows of kind `demand` (elasticity, demand_sd) have a category in the
    column sector. Sectors are joined as in `provinces.trade_known`.
    """
    extras: Names = ()
    """Extra observations that the estimate uses, by name (`dataset.extras`, or the column `extra`
    of your own dataset).
    """

    @property
    def needs_priors(self) -> bool:
        """Whether the estimate uses priors fitted one level up."""
        fitted = self.trade_prior == "border" or self.demand_tilt or self.demand == "consumption"
        return fitted or self.emissions_enter == "both"

    @property
    def totals_enter_outputs(self) -> bool:
        """Whether a city's CO2 total changes its outputs, by the intensities of its province."""
        return self.emissions_enter != "intensity"


class Solver(Section):
    """Solver of all entropy problems and the tolerances of its certificate (method 0.4)."""

    name: SolverName = DUAL
    """The cvxpy solver. `ENTROPY_DIRECT` is ENTROPY_DUAL without cvxpy's compilation, as used by
    variants and the ensemble. The others meet only looser tolerances.
    """
    tol_inner: Tolerance = TOLERANCE
    """Largest relative residual of steps 1-3 and 5. Less than the solver can reach
    (docs/entropy.md) is refused.
    """
    tol_outer: Tolerance = 1e-9
    """The same of the layered table (step 4), which is solved to a hundredth of this."""
    max_iterations: Annotated[int, Field(gt=0)] = 100_000
    """Iterations after which a solver gives up."""

    @property
    def tol_tables(self) -> float:
        """Tolerance of step 4."""
        return self.tol_outer * TABLES

    @property
    def direct(self) -> Solver:
        """The solver without cvxpy's compilation, where it has such a form: the same arrays, so the
        same bytes.
        """
        name = SOLVERS[self.name].direct
        return self.model_copy(update={"name": name}) if name else self

    @model_validator(mode="after")
    def _solver_can(self) -> Solver:
        if fault := refusal(self.name, self.tol_inner, self.tol_outer):
            raise ValueError(fault)
        return self


class Analysis(Section):
    """Which stressor groups, super-emitters and scenarios are made for, beside CO2."""

    stressor: Annotated[str, Field(min_length=1, max_length=64)] = CO2
    """A code of the table `stressors`: tables/stressor_*.csv are made for it, in its unit. All
    other tables, figures and intervals are of CO2, which has no such tables.
    """


class Assessment(Section):
    """A known table beside the finished run (docs/accuracy.md); no estimate reads it."""

    known_table: FilePath | None = None
    """A multi-regional table (.npz, docs/accuracy.md) of the run's regions and others, in the run's
    money.
    """
    known_labels: FilePath | None = None
    """A list (kind, run, known) of regions and sectors that are named differently there."""


class Audit(Section):
    """The balance audit (method 7.2)."""

    tolerance: Positive = 1e-8
    """Largest relative error of an invariant."""


class Emissions(Section):
    """Emissions of cities (method section 8, R6, R11)."""

    missing: Literal["provincial_intensity", "residual"] = "provincial_intensity"
    """Emissions of cities without an inventory: provincial intensity times output, or what the
    known cities leave over.
    """
    control_total: Literal["provinces", "national", "both", "cities_raw"] = "provinces"
    """Level of emissions: provincial inventories, the national one by sector, both as observations,
    or cities' own totals as printed.
    """
    control_total_sd: tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]] = (
        0.12,
        0.12,
    )
    """Log standard deviations of the sum of the provincial inventories and of the national one, as
    observations of the nation's emissions: weights of `both`, draws of an ensemble. Measured on
    China's of 2010 (docs/evidence.md).
    """
    include_households: bool = False
    """Whether households' direct emissions count in the headline PBA and CBA; both are reported."""


class Groups(Section):
    """Quintiles, industrial structures, super-emitters (method sections 10-11)."""

    affluence: Literal["final_demand", "private_demand", "household_capital", "gdp"] = (
        "final_demand"
    )
    """Measure of affluence, per capita: final demand ("total final demand" in the paper, 2.2); the
    same without government consumption; households' consumption and capital formation ("both
    household consumption and capital investment" in its introduction); or GDP.
    """
    affluence_products: Literal["all", "domestic"] = "all"
    """Products that a measure of demand counts: all, or those made in the country. The paper does
    not say; it leaves out "imports-related emissions" (1).
    """
    quintile_sizes: Annotated[tuple[Positive, ...], Field(min_length=5, max_length=5)] = (
        1.0,
        1.0,
        1.0,
        1.0,
        1.0,
    )
    """Sizes of Q1 to Q5 by rank, in proportion. `thresholds_usd` take precedence."""
    thresholds_usd: tuple[float, ...] = ()
    """Lower bounds of Q1 to Q4, four falling amounts; without them quintiles are by rank."""
    cluster_map: Literal["a", "b", "no_services"] = "a"
    """Map of sectors to groups: services with high technology (`a`), apart (`b`), or left out, with
    shares in the rest (`no_services`). clusters.csv compares all.
    """
    cluster_features: Literal["shares", "standardised"] = "shares"
    """Shares as they are, or with mean 0 and standard deviation 1 over the cities, so that every
    group weighs alike. clusters.csv compares both.
    """
    clusters: Annotated[int, Field(ge=2, le=12)] = 5
    """Number of structures (K-means clusters); fewer, with a warning, where fewer cities differ."""
    super_base: Literal["sum_cba", "national"] = "sum_cba"
    """Base of the super-emitters' threshold: the cities' footprints, or national emissions. Both
    are reported.
    """
    super_share: Share | None = None
    """Threshold of super-emitters, as a share of that base. When not given: `super_share` of
    benchmarks.csv, else twice the mean city (of few cities 0.25, or the mean).
    """
    super_emitters: bool = True
    """Whether super-emitters are told apart. Off: no city is one, and scenarios have no city to act
    on (small countries).
    """
    net_balance: Literal["cities", "regions", "exports"] = "cities"
    """What makes a net producer: emitting more for others than others emit for it, by flows among
    the cities (`cities`) or all regions (`regions`), or with foreign exports (`exports`: PBA above
    CBA). By default the paper's text: "among the 309 Chinese cities studied" (3.3), no imports (1);
    its figure 3 draws PBA against CBA. regions.csv has all three.
    """

    @model_validator(mode="after")
    def _affluence_and_thresholds_fit(self) -> Groups:
        if self.affluence == "gdp" and self.affluence_products != "all":
            raise ValueError(
                f"affluence_products is '{self.affluence_products}', expected 'all' where "
                "affluence is 'gdp'"
            )
        cuts = self.thresholds_usd
        falling = [*cuts] == sorted({*cuts}, reverse=True) and min(cuts, default=1) > 0
        if not falling or len(cuts) not in (0, 4):
            raise ValueError(
                f"thresholds_usd is {list(cuts)}, expected four falling amounts above 0 (lower "
                "bounds of Q1..Q4)"
            )
        return self


class Scenarios(Section):
    """Mitigation scenarios (method section 11)."""

    run: bool = True
    """Off: tables of scenarios have no rows, figures say so, benchmarks are not needed."""
    key_sectors: Names = ()
    """Key sectors whose intensities the technology scenarios change; none named: all of the dataset
    (column `key`).
    """
    deep_benchmark: Literal["global", "min_global_national"] = "global"
    """Deep technology scenario: the global intensity, or the lower of global and national."""
    light_benchmark: Literal["national", "cities", "provinces", "national_inventory"] = "national"
    """Light technology scenario: emissions over output of the country in this run (`national`;
    "national average" in the paper, 2.5), the unweighted mean of the `cities` or `provinces`, or
    the row of inventory_national.csv over national output (`national_inventory`).
    """
    demand_mode: Literal["shift", "cut"] = "shift"
    """Capital demand above the target is shifted to consumption, or cut. Both are reported."""
    consumption: Literal["households", "households_government"] = "households"
    """What capital demand is shifted to: households' consumption (the paper's argument, 3.3), or
    with the government's, in proportion. The share of capital is always in household, government
    and capital demand.
    """
    deep_structure: str | None = None
    """Structure whose Q1 cities the deep demand scenario adds; when not given `high_tech` (a
    warning if there is none).
    """
    capital_target: Share | None = None
    """Target share of capital formation; when not given, the mean of the benchmark megacities."""
    deficit_targets: Literal["quintile_means", "benchmarks"] = "quintile_means"
    """Demand per capita that less affluent cities are lifted to: unweighted means of Q3 and Q2 in
    this run ("average levels" in the paper, 3.3), or `deficit_target.to_q3` and `.to_q2` of
    benchmarks.csv (USD). The paper's dollars are means of its own estimate.
    """
    peak_emissions_gt: Positive | None = None
    """Emissions at the country's peak; when not given, `peak_emissions` of benchmarks.csv. Without
    either there is no quota.
    """


class _Ensemble(Section):
    """What an ensemble is, but for its spreads."""

    method: Literal["paper", "calibrated", "main"] = "calibrated"
    """Method whose keys of `cities` the members use; `main`: the run's own."""
    members: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Number of members; 0: no ensemble. From 2 on, `uncertainty/` of the run holds intervals.
    Members are kept in blocks of ten: more members cost what is added.
    """
    seed: Seed = 2012
    """Random seed. Every member and input has its own stream, the same for every method."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Probability of the intervals."""


def _spread(spread: Spread) -> tuple[Any, Any]:
    """Type and default of a row of spreads.csv."""
    if spread.name.endswith("_sectors"):
        return dict[str, SD], Field(default_factory=dict, description=spread.description)
    kind: Any = SD if spread.value else SD | None
    if spread.name.endswith("_range"):
        kind = tuple[Share, Share] if spread.unit == "share" else tuple[SD, SD]
    return kind, Field(spread.default, description=spread.description)


if TYPE_CHECKING:

    class _Spreads(_Ensemble):
        def __getattr__(self, name: str) -> Any: ...

else:
    _Spreads = create_model(
        "_Spreads", __base__=_Ensemble, **{spread.name: _spread(spread) for spread in SPREADS}
    )


class Uncertainty(_Spreads):
    """Monte Carlo ensemble around the estimate (docs/accuracy.md). Spreads (`_sd`) are standard
    deviations of logarithms, fitted on the run's own data, measured elsewhere or declared;
    docs/evidence.md has their sources and reasons. A fitted one is, when not given, that between
    the provinces (priors.csv) times the scale between cities that CO2 totals show.
    """

    @model_validator(mode="after")
    def _ranges_rise(self) -> Uncertainty:
        if self.members == 1:
            raise ValueError("members is 1: an interval needs at least 2, and 0 makes no ensemble")
        for spread in (spread for spread in SPREADS if spread.name.endswith("_range")):
            low, high = getattr(self, spread.name)
            if not low <= high:
                raise ValueError(
                    f"{spread.name} is ({low}, {high}): the first must not exceed the second"
                )
        return self


class Validation(Section):
    """What the run predicts of data that it is not told (`make validation`, docs/validation.md).
    The seed is `uncertainty.seed`.
    """

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Parts that the cities are dealt out to; the data of one part at a time are left out."""
    members: Annotated[int, Field(ge=2, le=10_000)] = 50
    """Draws of the ensemble's inputs for the intervals of what is left out."""


class Figures(Section):
    """Appearance of the figures."""

    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    """Resolution of PNG files."""
    formats: Annotated[
        tuple[Literal["pdf", "png", "svg"], ...],
        AfterValidator(lambda formats: tuple(sorted({*formats, "png"}))),
    ] = ("pdf", "png")
    """Formats of every figure. PNG is always among them: the report shows it."""
    font: Annotated[
        tuple[FilePath, ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    ] = ()
    """Font files (TTF, OTF) in order of preference; files of one family are its faces. Letters that
    they lack come from Liberation Sans (ships with citymrio) or DejaVu Sans (with matplotlib); one
    that none has stops the figure. Another file draws the figures anew.
    """
    footer: bool = True
    """Whether the line below a figure is drawn (run, year, how many emissions are modelled);
    without it, say so in your caption. The mark of synthetic data is always drawn.
    """


class Report(Section):
    """What people read."""

    language: Literal["en", "zh"] = "en"
    """Language of explorer, report, figures and captions: English or Chinese. Figures stay in
    English, and the run says so, without a font of `figures.font` that has the letters.
    """


class Publish(Section):
    """What `mrio_table` writes beside the table in pymrio's layout (`results/<run>/mrio/`)."""

    spreadsheets: tuple[str, ...] | None = None
    """Codes of the regions whose single-region tables are written as spreadsheets; when not given,
    the super-emitters.
    """


class Variant(Section):
    """One alternative estimate: the keys that differ from the main one."""

    method: Literal["paper", "calibrated"] | None = None
    """Method whose keys of `cities` replace those of the main estimate, before the keys below."""
    cities: dict[str, Any] = Field(default_factory=dict)
    """Keys of `cities`."""
    provinces: dict[str, Any] = Field(default_factory=dict)
    """Keys of `provinces`."""
    emissions: dict[str, Any] = Field(default_factory=dict)
    """Keys of `emissions`."""


def _section(model: type[Section]) -> Any:
    """A section with all its defaults, described as its model is."""
    return Field(model(), description=" ".join(str(model.__doc__).split()))


class Config(Section):
    """A run of the workflow."""

    run: Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)] = "synthetic"
    """Name of the run: everything is written under `results/<run>/`."""
    method: Literal["paper", "calibrated"] = "paper"
    """`paper`: the published procedure, read literally; `calibrated`: trade, final demand, outputs
    and intensities of cities start from priors fitted on the provinces. It sets keys of `cities`;
    those written there take precedence.
    """
    dataset: Dataset = _section(Dataset)
    provinces: Provinces = _section(Provinces)
    cities: Cities = _section(Cities)
    solver: Solver = _section(Solver)
    audit: Audit = _section(Audit)
    assessment: Assessment = _section(Assessment)
    emissions: Emissions = _section(Emissions)
    analysis: Analysis = _section(Analysis)
    groups: Groups = _section(Groups)
    scenarios: Scenarios = _section(Scenarios)
    uncertainty: Uncertainty = _section(Uncertainty)
    validation: Validation = _section(Validation)
    figures: Figures = _section(Figures)
    report: Report = _section(Report)
    publish: Publish = _section(Publish)
    variants: dict[str, Variant] = Field(default_factory=dict)
    """Alternative estimates beside the main one, by name (letters, digits, `_`, `.`, `-`; not
    `main`).
    """

    @model_validator(mode="before")
    @classmethod
    def _method_sets_cities(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("method") in METHODS:
            cities = {} if values.get("cities") is None else values["cities"]
            if isinstance(cities, Cities):
                cities = cities.model_dump(exclude_unset=True)
            if isinstance(cities, dict):
                return {**values, "cities": {**METHODS[values["method"]], **cities}}
        return values

    @model_validator(mode="after")
    def _variants_are_valid(self) -> Config:
        faults = [
            f"variant {name!r}: {'the main estimate has this name' if name == 'main' else NAMES}"
            for name in self.variants
            if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME or name == "main"
        ]
        for name in self.variants:
            try:
                self.with_variant(name)
            except ValidationError as error:
                faults += [f"variant '{name}': {text}" for text in _in_words(error)]
        if faults:
            raise ValueError("; ".join(faults).removesuffix("."))
        return self

    @model_validator(mode="after")
    def _the_dataset_has_what_is_asked(self) -> Config:
        name, there = self.analysis.stressor, (CO2, *self.dataset.stressors)
        if self.dataset.kind == "synthetic" and name not in there:
            raise ValueError(
                f"analysis.stressor is '{name}', but the synthetic country has "
                f"{', '.join(there)}. Fix: add it to dataset.stressors, or name another"
            )
        estimating = {
            "method": "method" in self.model_fields_set,
            "variants": bool(self.variants),
            "uncertainty.members": self.uncertainty.members > 0,
            "assessment.known_table": self.assessment.known_table is not None,
        }
        named = [key for key, asked in estimating.items() if asked]
        if self.dataset.kind == GIVEN and named:
            raise ValueError(
                f"{', '.join(named)} cannot stand beside dataset.kind: mrio, which analyses a "
                "given table: there is no estimate "
                f"to vary, to draw from or to compare. Fix: leave out {', '.join(named)}"
            )
        return self

    @property
    def in_memory(self) -> Config:
        """The configuration of estimates in memory, many solves in a row: with
        :attr:`Solver.direct`.
        """
        return self.model_copy(update={"solver": self.solver.direct})

    @property
    def of_ensemble(self) -> Config:
        """The configuration with the keys of `cities` of the ensemble's method
        (`uncertainty.method`).
        """
        return self.model_copy(
            update={"cities": self._changed("cities", METHODS.get(self.uncertainty.method, {}))}
        )

    @property
    def variant_of_ensemble(self) -> str | None:
        """The variant that is the ensemble's method and nothing else; None where the run itself is,
        or no variant.
        """

        def chain(config: Config) -> tuple[Section, ...]:
            return config.provinces, config.cities, config.emissions

        wanted = chain(self.of_ensemble)
        same = (name for name in self.variants if chain(self.with_variant(name)) == wanted)
        return None if chain(self) == wanted else next(same, None)

    def with_variant(self, name: str) -> Config:
        """The configuration with the keys of variant `name` in place."""
        variant = self.variants[name]
        method = METHODS[variant.method] if variant.method else {}
        return self.model_copy(
            update={
                "provinces": self._changed("provinces", variant.provinces),
                "emissions": self._changed("emissions", variant.emissions),
                "cities": self._changed("cities", {**method, **variant.cities}),
                **({"method": variant.method} if variant.method else {}),
            }
        )

    def _changed(self, section: str, values: dict[str, Any]) -> Any:
        """A section with some keys changed; faults name the section."""
        model = getattr(self, section)
        try:
            return type(model).model_validate({**model.model_dump(), **values})
        except ValidationError as error:
            details = [
                InitErrorDetails(
                    type=f["type"], loc=(section, *f["loc"]), input=f["input"], ctx=f.get("ctx", {})
                )
                for f in error.errors(include_url=False)
            ]
            raise ValidationError.from_exception_data(section, details) from None


def _known_keys(path: tuple) -> list[str]:
    """Keys of the section at a place; what names no key there, such as a variant, leads nowhere
    else.
    """
    model: type[Section] = Config
    for part in path:
        said = str(model.model_fields[part].annotation) if part in model.model_fields else ""
        sections: list[type[Section]] = [*Section.__subclasses__(), Uncertainty]
        model = next((section for section in sections if section.__name__ in said), model)
    return list(model.model_fields)


def load_config(values: dict[str, Any], *, source: str = "config") -> Config:
    """Validate a configuration read from YAML.

    Raises
    ------
    ConfigError
        All faults at once, each with key, value and expectation; unknown keys with the nearest
        known key.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        words = "; ".join(_in_words(error))
        raise ConfigError(
            words, where=source, fix="" if "Fix:" in words else "see config/README.md."
        ) from None
    if lacking := _extras_nowhere(config):
        raise ConfigError(
            lacking, where=source, fix="name them in dataset.extras, or not in cities.extras."
        )
    return config


def _extras_nowhere(config: Config) -> str:
    """Extra observations that an estimate uses and the dataset cannot have ("" if none); a folder's
    show when it is read.
    """
    if config.dataset.kind == "user":
        return ""
    known = config.dataset.extras if reads(config.dataset.kind, "extras") else ()
    estimates = {
        "": config,
        **{f"variant '{name}': ": config.with_variant(name) for name in config.variants},
    }
    faults = [
        f"{place}cities.extras names '{name}', expected "
        f"{' or '.join(known) or 'none: dataset.extras names none'}"
        for place, one in estimates.items()
        for name in one.cities.extras
        if name not in known
    ]
    return "; ".join(faults)


def _in_words(error: ValidationError) -> Iterator[str]:
    """The faults that pydantic found, each with key, value and expectation in the words of a
    user.
    """
    for fault in error.errors():
        names = [str(part) for part in fault["loc"]]
        if names[:2] == ["dataset", "size"]:
            del names[2:3]  # which of its two kinds it is
        key = ".".join(names)
        if fault["type"] == "extra_forbidden":
            known = _known_keys(fault["loc"][:-1])
            near = difflib.get_close_matches(names[-1], known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}."
            yield f"unknown key '{key}': {hint}"
        elif fault["type"] == "value_error":
            place = f"'{key}': " if key else ""
            text = str(fault["ctx"]["error"])
            yield f"{place}{text}{'' if text.endswith('?') else '.'}"
        elif fault["type"] == "string_pattern_mismatch":
            yield f"'{key}' is {fault['input']!r}; {NAMES}."
        elif fault["type"] in ("model_type", "dict_type"):
            value = "empty" if fault["input"] is None else repr(fault["input"])
            if key:
                yield f"'{key}' is {value}; expected keys and values below it, or leave it out."
            else:
                yield f"is {value}; expected keys and values."
        elif fault["type"] == "string_type" and isinstance(fault["input"], int | float):
            yield f"'{key}' is {fault['input']!r}; expected text: put it in quotes."
        elif fault["type"] == "too_short":
            least = fault["ctx"]["min_length"]
            yield f"'{key}' is {fault['input']!r}; expected at least {least} of them."
        else:
            yield f"'{key}' is {fault['input']!r}: {fault['msg']}."
