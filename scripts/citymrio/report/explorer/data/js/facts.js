// What is known of a city, and how: its amounts with rank and interval, its groups with their probability, the status of its data.

const facts = (() => {
  const STATUS = {
    observed: "observed",
    province: "observed (inventory of the province)",
    imputed: "imputed: filled in from other places or years",
    modelled: "modelled: spread from the province or the nation",
  };
  const KNOWN = {
    emissions_status: "Emissions in total",
    emissions_split_status: "Emissions by sector",
    value_added_status: "Value added by industry",
    structure_status: "Value added by group of sectors",
    output_status: "Output by sector",
    demand_status: "Final demand by category",
  };

  const meant = () => ["pba_mt", "cba_mt", "per_capita_t", measures.balance(), "quintile", "structure", "super_emitter"];

  /** Place of a region in the order of a column, the largest first, among those that have a value. */
  function rank(key, row, method) {
    const own = measures.value(row, key, method);
    if (own === null) return "";
    const values = data.store.regions.map((other) => measures.value(other, key, method)).filter((value) => value !== null);
    return `rank ${1 + values.filter((value) => value > own).length} of ${values.length}`;
  }

  function interval(key, row) {
    const { level, method } = data.store.intervals ?? {};
    if (row[`${key}_low`] === null || row[`${key}_low`] === undefined) return "";
    const ends = `${level ? `${Math.round(100 * level)}% interval` : "interval"} ${format.interval(row[`${key}_low`], row[`${key}_high`])}`;
    if (!method || method === data.store.methods?.main) return ends;
    return `${method} method ${format.short(row[`ensemble_${key}`])}, ${ends}`;
  }

  const amount = (key, row, method) => ({
    head: measures.head(key),
    value: measures.said(row, key, method),
    asides: [rank(key, row, method), interval(key, row)],
  });

  const chance = (share) =>
    share === null || share === undefined ? "" : `in ${format.percent(share, 0)} of the ensemble's members`;

  function type(row) {
    const chances = ["demand", "technology", "hybrid"]
      .filter((name) => row[`p_${name}`] > 0)
      .map((name) => `${measures.className("super_emitter", name)} ${format.percent(row[`p_${name}`], 0)}`);
    return {
      head: measures.head("super_emitter"),
      value: row.super_emitter === "none" ? "No" : measures.className("super_emitter", row.super_emitter),
      asides: [chances.length ? `probability: ${chances.join(", ")}` : ""],
    };
  }

  /** The facts of a row of regions.csv as {head, value, asides}. */
  function of(row, method) {
    const group = (key, share) =>
      row[key] && { head: measures.head(key), value: measures.className(key, row[key]), asides: [chance(share)] };
    return [
      amount("pba_mt", row, method),
      amount("cba_mt", row, method),
      amount("per_capita_t", row, method),
      { ...amount(measures.balance(), row, method), asides: [measures.value(row, "role", method) ?? ""] },
      group("quintile", row[`p_${String(row.quintile).toLowerCase()}`]),
      group("structure", row.p_structure),
      row.super_emitter && type(row),
      {
        head: "Population",
        value: format.number(row.population, 0) || "no value",
        asides: [row.gdp_usd ? `GDP ${format.number(row.gdp_usd, 0)} USD per person` : ""],
      },
    ].filter(Boolean);
  }

  /** How the numbers of a city are known. */
  function known(row) {
    const list = Object.entries(KNOWN)
      .filter(([key]) => row[key])
      .map(([key, words]) =>
        h(
          "li",
          { "data-status": row[key] },
          h("span", { class: `status ${row[key]}` }, words),
          ` ${STATUS[row[key]] ?? row[key]}`,
        ),
      );
    const share = (key) => (row[key] === null || row[key] === undefined ? null : format.percent(row[key], 0));
    if (share("cba_modelled_share") !== null) {
      const split = share("cba_split_modelled_share");
      const rest = split === null ? "" : `, and ${split} where their split by sector is`;
      list.push(
        h(
          "li",
          {},
          `${share("cba_modelled_share")} of its footprint was emitted where the total of emissions is modelled${rest}`,
        ),
      );
    }
    return list;
  }

  function element(row, method) {
    return [
      h(
        "dl",
        { class: "facts", id: "facts" },
        of(row, method).map((fact) =>
          h(
            "div",
            {},
            h("dt", {}, fact.head),
            h(
              "dd",
              {},
              h("span", { class: "fact" }, fact.value),
              fact.asides.filter(Boolean).map((line) => h("span", { class: "aside" }, line)),
            ),
          ),
        ),
      ),
      widgets.meanings(
        meant()
          .filter(measures.has)
          .map((key) => measures.column(key)),
        "What these numbers mean",
      ),
      h("h3", {}, "How it is known"),
      h("ul", { class: "known", id: "known" }, known(row)),
    ];
  }

  return { element, rank };
})();
