// What a city could save by each lever of the scenarios, with its range, or why none applies.

const savings = (() => {
  const SIDES = ["technology", "demand"];
  const DEPTHS = ["light", "deep"];
  const quoted = (view) => (data.rows("scenarios", view) ?? []).filter((row) => row.headline === true || row.headline === "True");

  const named = (row, view) => (data.rows("scenario_cities", view) ?? []).filter((one) => one.region === row.region);

  /**
   * Rows {scenario, side, depth, value, low, high, plain} (Mt) of the scenarios that are quoted; medians with ranges where these are the
   * view's, and as the estimate without draws has it (plain).
   */
  function of(row, view) {
    const ensemble = estimates.ranged(view);
    return quoted(view).map(({ scenario, side, depth }) => {
      const plain = named(row, view).find((one) => one.scenario === scenario)?.saving_mt ?? 0;
      const name = `saving_${side}_${depth}_mt`;
      const drawn = ensemble && row[`ensemble_${name}`] !== null && row[`ensemble_${name}`] !== undefined;
      return drawn
        ? { scenario, side, depth, value: row[`ensemble_${name}`], low: row[`${name}_low`], high: row[`${name}_high`], plain }
        : { scenario, side, depth, value: plain, low: null, high: null, plain };
    });
  }

  const AMOUNTS = { technology: "pba_mt", demand: "cba_mt" };
  const limitOf = (view) => data.rows("parameters", view)?.find((one) => one.parameter === "super_threshold")?.value || null;

  /** Parts of the sentence: [key, values]. */
  function sentence(row, view) {
    const city = words.name(row);
    if (row.kind === "province") return [["save.province", { city }]];
    if (!quoted(view).length) return [["save.norun", {}]];
    const rows = of(row, view);
    const asked = SIDES.filter((side) => rows.some((one) => one.side === side && one.value > 0));
    // what the estimate without draws saves, of which the median is 0
    const seldom = rows.filter(({ side, plain }) => SIDES.includes(side) && !asked.includes(side) && plain > 0);
    const limit = limitOf(view);
    const threshold = limit && format.short(limit);
    // a city that is large enough may save nothing all the same: it is at the benchmarks, or invests no more than others
    const large = (side) => limit !== null && measures.value(row, AMOUNTS[side], view) > limit;
    if (!asked.length) {
      if (seldom.length) return [["save.seldom", { city, value: format.short(d3.max(seldom, (one) => one.plain)) }]];
      if (SIDES.some(large)) return [["save.nothing", { city }]];
      if (named(row, view).length) return [["save.others", { city }]];
      const chance = estimates.ranged(view) && row.p_super_emitter >= 0.005;
      return [
        [limit ? "save.none" : "save.nobody", { city, threshold }],
        ...(chance ? [["save.chance", { n: format.number(100 * row.p_super_emitter, 0) }]] : []),
      ];
    }
    const left = SIDES.filter((side) => !asked.includes(side));
    const why = (side) => (seldom.some((one) => one.side === side) ? "seldom" : large(side) ? "nothing" : "not");
    return [
      ["save.some", { city, list: asked.map((side) => told(side, rows, row, view)).join(words.say("list.clause")) }],
      ...(limit ? left.map((side) => [`save.${why(side)}.${side}`, { threshold }]) : []),
      ...(estimates.source(view) !== view && rows.every((one) => one.low === null)
        ? [["by.own", { method: estimates.label("main") }]]
        : []),
    ];
  }

  function told(side, rows, row, view) {
    const [light, deep] = DEPTHS.map((depth) => rows.find((one) => one.side === side && one.depth === depth));
    const found = [light, deep].filter((one) => one?.value > 0);
    const [least, most] = d3.extent(found, (one) => one.value);
    const alike = format.short(least) === format.short(most);
    /** The amount, or both, times a factor. */
    const said = (of, digits) => {
      const ends = format.ends(of * least, of * most, digits);
      if (!alike) return words.say("from.to", ends);
      return `${light?.value > 0 ? "" : words.say("up.to")}${ends.high}`;
    };
    const whole = measures.value(row, AMOUNTS[side], view);
    const range = found.every((one) => one.low !== null)
      ? answer.range(
          d3.min(found, (one) => one.low),
          d3.max(found, (one) => one.high),
        )
      : "";
    return words.marked(`save.${side}`, {
      amount: said(1),
      range,
      percent: said(100 / whole, 0),
    });
  }

  function build() {
    const [head, why] = [h("h3", { id: "savings-head" }), h("p", { class: "note" })];
    const percent = (line) => (line.whole ? (100 * line.value) / line.whole : null);
    const table = widgets.table({
      id: "savings-of-city",
      caption: words.say("save.caption"),
      columns: [
        { key: "label", label: words.say("save.lever") },
        { key: "value", label: words.say("save.saving"), unit: words.unit("Mt CO2"), number: true, align: true },
        {
          key: "range",
          label: words.say("range"),
          unit: words.unit("Mt CO2"),
          number: true,
          value: (line) => line.low,
          text: (line) => format.interval(line.low, line.high),
        },
        { key: "percent", label: words.say("save.share"), unit: "%", number: true, decimals: 0, value: percent },
      ],
      rows: [],
      limit: 20,
    });
    /** Rows of the table and of files. */
    function rows(code, view) {
      const row = data.region(code);
      return of(row, view)
        .filter((one) => one.value > 0)
        .map((one) => ({
          ...one,
          label: words.say("save.row", {
            side: words.known(`side.${one.side}`, one.side),
            depth: words.known(`depth.${one.depth}`, one.depth),
          }),
          whole: SIDES.includes(one.side) ? measures.value(row, AMOUNTS[one.side], view) : null,
        }));
    }
    const file = () => {
      const { city, method } = state.get();
      return rows(city, method).map(({ side, depth, value, low, high }) => ({
        side,
        depth,
        saving_mt: value,
        low_mt: low,
        high_mt: high,
      }));
    };
    const follows = () => estimates.source(state.get().method) !== "main";
    const bar = download.bar("savings", { rows: file, title: () => words.say("save.caption"), follows });
    const held = h("div", {}, table.element, bar);
    const element = h("section", { class: "block", "aria-labelledby": "savings-head" }, head, why, held);
    function update(values) {
      const row = data.region(values.city);
      const found = rows(values.city, values.method);
      element.hidden = !found.length;
      // of medians, both sides together may save something where neither does alone
      const alone = found.filter((one) => SIDES.includes(one.side));
      const most = d3.greatest(alone.length ? alone : found, (one) => one.value);
      if (most)
        fill(head, words.say("save.title", { city: words.name(row), lever: most.label, value: format.short(most.value) }));
      const drawn = found.some((one) => one.low !== null);
      const byOwn = estimates.source(values.method) === values.method ? "" : estimates.note(values.method);
      const note = drawn ? words.say("median.said") : byOwn;
      fill(why, words.say("save.about"), note && words.gap(), note);
      table.update(found);
    }
    return { element, update };
  }

  return { of, sentence, build };
})();
