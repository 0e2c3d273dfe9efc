// The numbers that a run is quoted by: its own, the interval, the paper's and the other method's, all read from its tables.

const headline = (() => {
  const cities = () => data.store.regions.filter((row) => row.kind !== "province");
  const share = (part, whole) => (whole ? (100 * part) / whole : null);
  const count = (test) => cities().filter(test).length;

  /** Share of footprints that was emitted outside the city that caused it. */
  function elsewhere() {
    const rows = data.store.rows.intercity_cities ?? data.store.rows.intercity ?? [];
    const home = rows.find((row) => row.component === "same_city");
    return home ? 100 * (1 - home.share) : null;
  }

  /**
   * What is quoted: words, unit, the number of the paper's list (config/paper_targets.csv), the quantity of the ensemble, and
   * where the number itself is read.
   */
  const QUOTED = [
    {
      id: "total",
      words: "Footprint of all cities",
      unit: "Mt CO2",
      paper: "T022",
      ensemble: "sum of city footprints (CBA)",
      value: () => sum(cities().map((row) => row.cba_mt)),
    },
    {
      id: "capital",
      words: "of it caused by capital formation",
      unit: "%",
      paper: "T037",
      ensemble: "share of capital in city footprints",
      value: () => share(sum(cities().map((row) => row.cba_capital_mt)), sum(cities().map((row) => row.cba_demand_mt))),
    },
    {
      id: "elsewhere",
      words: "of it emitted in other cities",
      unit: "%",
      paper: "T061",
      ensemble: "embodied flows: inter-city share",
      value: elsewhere,
    },
    {
      id: "producers",
      words: "Net producers: emit more for others than others for them",
      unit: "cities",
      paper: "T146",
      value: () => (measures.has("role") ? count((row) => row.role === "net producer") : null),
    },
    {
      id: "super",
      words: "Super-emitters: above the threshold",
      unit: "cities",
      paper: "T149",
      value: () => (measures.has("super_emitter") ? count((row) => row.super_emitter && row.super_emitter !== "none") : null),
    },
    {
      id: "person",
      words: "Footprint per person",
      unit: "t CO2",
      value: () => {
        const counted = cities().filter((row) => row.population && row.cba_mt !== null);
        return counted.length ? (1e6 * sum(counted.map((row) => row.cba_mt))) / sum(counted.map((row) => row.population)) : null;
      },
    },
  ];

  /** Rows of the headline table: value, low, high, paper, others {method: value}. */
  function rows() {
    const { paper_comparison: compared = [], methods = [], numbers = [] } = data.store.rows;
    return QUOTED.map((entry) => {
      const printed = compared.find((row) => row.id === entry.paper);
      const drawn = numbers.find((row) => row.quantity === `paper: ${entry.paper}` || row.quantity === entry.ensemble);
      const both = methods.find((row) => row.number === entry.paper) ?? {};
      const main = data.store.methods?.main;
      const others = Object.fromEntries(
        ["paper", "calibrated"].filter((name) => name !== main && name in both).map((name) => [name, both[name]]),
      );
      return {
        id: entry.id,
        words: entry.words,
        unit: entry.unit,
        value: entry.value(),
        low: printed?.lower ?? drawn?.low ?? null,
        high: printed?.upper ?? drawn?.high ?? null,
        paper: printed?.paper ?? null,
        comparable: String(printed?.comparable).toLowerCase() === "true",
        others,
      };
    }).filter((row) => row.value !== null);
  }

  const METHODS = { paper: "The paper's method", calibrated: "Calibrated method" };

  /** The numbers as a list of terms. */
  function element() {
    const level = data.store.intervals?.level;
    const plain = (value, unit) =>
      unit === "%" ? format.number(value, 1) : unit === "cities" ? format.number(value, 0) : format.short(value);
    const amount = (value, unit) => plain(value, unit) + (unit === "%" ? "%" : unit === "cities" ? "" : ` ${unit}`);
    const asides = (row) => [
      row.low !== null &&
        `${level ? `${Math.round(100 * level)}% interval` : "Interval"}: ${plain(row.low, row.unit)} to ${amount(row.high, row.unit)}`,
      row.paper !== null && `Paper: ${amount(row.paper, row.unit)}${row.comparable ? "" : " (another country's data)"}`,
      ...Object.entries(row.others)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${METHODS[name]}: ${amount(value, row.unit)}`),
    ];
    return h(
      "dl",
      { class: "headline", id: "headline" },
      rows().map((row) =>
        h(
          "div",
          { "data-number": row.id },
          h("dt", {}, row.words),
          h("dd", { class: "figure-number" }, amount(row.value, row.unit)),
          h(
            "dd",
            {},
            asides(row)
              .filter(Boolean)
              .map((line) => h("span", { class: "aside" }, line)),
          ),
        ),
      ),
    );
  }

  return { rows, element };
})();
