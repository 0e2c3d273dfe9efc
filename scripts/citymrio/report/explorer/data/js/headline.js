// The numbers that a run is quoted by, as its table headline.csv has them; by another method where that table has them so.

const headline = (() => {
  const METHODS = { paper: "The paper's method", calibrated: "Calibrated method" };
  const plain = (value, unit) =>
    unit === "%" ? format.number(value, 1) : ["cities", "regions"].includes(unit) ? format.number(value, 0) : format.short(value);
  const amount = (value, unit) =>
    plain(value, unit) + (unit === "%" ? "%" : ["cities", "regions"].includes(unit) ? "" : ` ${unit}`);

  /** Rows as they are shown by a method: value (of the run, or of the method chosen) and what stands below it. */
  function rows(method = "main") {
    const { level, method: drawn } = data.store.intervals ?? {};
    const { main, others = {} } = data.store.methods ?? {};
    const second = Object.values(others).find((entry) => entry.method && entry.method !== main)?.method;
    const chosen = method !== "main" && others[method]?.method === second && second;
    return (data.store.headline ?? []).map((row) => {
      const turned = Boolean(chosen) && row.other !== null;
      const [value, rest, of] = turned ? [row.other, row.value, main] : [row.value, row.other, second];
      const shown = turned ? second : main;
      const interval =
        row.low !== null &&
        `${level ? `${Math.round(100 * level)}% interval` : "Interval"}${[shown, of].includes(drawn) ? "" : ` (${METHODS[drawn] ?? drawn})`}: ${plain(row.low, row.unit)} to ${amount(row.high, row.unit)}`;
      const ofRest = interval && drawn !== shown && drawn === of ? ` (${interval})` : "";
      return {
        ...row,
        value,
        asides: [
          method !== "main" && !turned && "By the run's own method",
          !ofRest && interval,
          row.printed !== null && `Paper: ${amount(row.printed, row.unit)}${row.comparable ? "" : " (another country's data)"}`,
          rest !== null && METHODS[of] && `${METHODS[of]}: ${amount(rest, row.unit)}${ofRest}`,
        ].filter(Boolean),
      };
    });
  }

  /** The numbers as a list of terms, with `update(method)`. */
  function build() {
    const element = h("dl", { class: "headline", id: "headline" });
    const tile = (row) =>
      h(
        "div",
        {},
        h("dt", {}, row.words),
        h("dd", { class: "figure-number" }, amount(row.value, row.unit)),
        h(
          "dd",
          {},
          row.asides.map((line) => h("span", { class: "aside" }, line)),
        ),
      );
    return { element, update: (method) => fill(element, rows(method).map(tile)) };
  }

  return { build };
})();
