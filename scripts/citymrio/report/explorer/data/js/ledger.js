// For whom a city emits and where its footprint is emitted: both sums close, with what is not counted named. By the run's own method
// all of regions.csv; by another too where the page has its analysis, else from its flows, with abroad as what is left.

const ledger = (() => {
  const MT = 1e-6;
  const some = (test) => data.store.regions.some(test);
  /** Whether the run counts households' own emissions on both sides. */
  const counted = (row) => Math.abs(row.cba_mt - row.cba_demand_mt) > 1e-9 * Math.abs(row.cba_mt);

  /** The groups of others that there are, as their columns end: cities, and provinces that are not split. */
  const groups = () =>
    ["cities", "provinces"].filter((group) => some((row) => (row.kind === "province") === (group === "provinces")));

  /** What the others are called; of a run without cities, regions. */
  function called(group, row) {
    if (!some((one) => one.kind !== "province")) return words.say("others.regions");
    const same = (row.kind === "province") === (group === "provinces");
    return words.say(`others.${group}${same ? ".other" : ""}`);
  }

  /** Whether the sums can be told by a view: a page of the largest flows only tells them by the run's own method. */
  const told = (view) =>
    view === "main" ||
    "own_mt" in measures.analysed(view) ||
    data.flowsInto(data.store.codes[0], view).every((flow) => flow.code !== null);

  /** {pba_mt, cba_mt, own_mt, for_..., from_..., exports_mt, ...} of a row, by a view. */
  function amounts(row, view) {
    if (view === "main" || !told(view)) return row;
    if ("own_mt" in measures.analysed(view)) return data.region(row.region, view);
    const found = { own_mt: MT * (data.flow(row.region, row.region, view) ?? 0), error_mt: 0, orphan_mt: 0 };
    const [pba, cba] = ["pba_mt", "cba_mt"].map((key) => measures.value(row, key, view));
    for (const [side, flows] of [
      ["for", data.flowsOutOf(row.region, view)],
      ["from", data.flowsInto(row.region, view)],
    ])
      for (const group of ["cities", "provinces"])
        found[`${side}_${group}_mt`] =
          MT *
          sum(
            flows
              .filter(({ code }) => code !== row.region && (data.region(code).kind === "province") === (group === "provinces"))
              .map((flow) => flow.value),
          );
    const used = found.own_mt + found.from_cities_mt + found.from_provinces_mt;
    found.household_direct_mt = counted(row) ? cba - used : 0;
    const made = found.own_mt + found.for_cities_mt + found.for_provinces_mt + found.household_direct_mt;
    // Flows have an error of 5e-4 each: the footprint closes in what comes from others.
    if (!counted(row)) found[`from_${groups()[0]}_mt`] += cba - used;
    return { ...found, pba_mt: pba, cba_mt: cba, exports_mt: pba - made };
  }

  /** A line of the ledger from its columns of regions.csv: made (emitted here) and used (part of the footprint), Mt, each with its ends. */
  function entry(row, view, of, label, columns, colour) {
    const by = told(view) ? view : "main";
    const values = (found) => Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, found(column)]));
    return {
      label,
      ...values((column) => column && of[column]),
      ends: values((column) => estimates.ends(row, column, by)),
      colour,
    };
  }

  /** Lines of the ledger; null is what is not counted. */
  function lines(row, view) {
    const of = amounts(row, view);
    const { flow } = data.store.colours;
    const line = (label, made, used, colour) => entry(row, view, of, label, { made, used }, colour);
    const colours = { cities: flow.elsewhere, provinces: flow.province };
    const itself = words.say("ledger.itself", { city: words.name(row) });
    return [
      line(itself, "own_mt", "own_mt", flow.home),
      ...groups().map((group) => line(upper(called(group, row)), `for_${group}_mt`, `from_${group}_mt`, colours[group])),
      counted(row) && line(words.say("ledger.households"), "household_direct_mt", "household_direct_mt", "#c9b79c"),
      line(words.say("ledger.abroad"), "exports_mt", null, "#8a8a85"),
      of.error_mt !== 0 && line(words.say("ledger.error"), "error_mt", null, "#bdbdb8"),
      of.orphan_mt !== 0 && line(words.say("ledger.orphan"), "orphan_mt", null, "#dededa"),
    ].filter(Boolean);
  }

  const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  /** Digits that suit the larger total; what would vanish is "near 0". */
  function shown(value, row) {
    if (value === null) return words.say("ledger.none");
    const digits = Math.max(0, 3 - Math.ceil(Math.log10(Math.max(row.pba_mt, row.cba_mt, 1e-6)))) + 1;
    return value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits ? words.say("ledger.near") : format.number(value, digits);
  }

  function sentence(row, view) {
    const of = amounts(row, view);
    const city = words.name(row);
    /** A part without which the total would be written otherwise. */
    const seen = (part, whole) => (format.short(whole - part) === format.short(whole) ? 0 : part);
    const households = (whole) => [counted(row) && seen(of.household_direct_mt, whole), "ledger.by.households"];
    const list = (parts) =>
      words.list(
        parts.filter(([value]) => value).map(([value, key, name]) => words.say(key, { value: format.short(value), name, city })),
      );
    const made = list([
      [of.own_mt, "ledger.for.own"],
      ...groups().map((group) => [of[`for_${group}_mt`], "ledger.for", called(group, row)]),
      [of.exports_mt, "ledger.for.abroad"],
      households(of.pba_mt),
      [seen(of.error_mt, of.pba_mt), "ledger.for.error"],
      [seen(of.orphan_mt, of.pba_mt), "ledger.for.nobody"],
    ]);
    const used = list([
      [of.own_mt, "ledger.in.own"],
      ...groups().map((group) => [of[`from_${group}_mt`], "ledger.in", called(group, row)]),
      households(of.cba_mt),
    ]);
    const total = { city, pba: format.short(of.pba_mt), cba: format.short(of.cba_mt) };
    return [
      words.say("ledger.made", { ...total, list: made, range: answer.spread(row, "pba_mt", view) }),
      words.say("ledger.used", { ...total, list: used, range: answer.spread(row, "cba_mt", view) }),
      verdict(row, told(view) ? view : "main"),
      words.say("ledger.imports"),
    ].join(words.gap());
  }

  /** Net producer or consumer, by the balance that the run goes by; and why PBA and CBA may seem to say otherwise. */
  function verdict(row, view) {
    const { balance } = data.store;
    const net = measures.value(row, balance, view);
    const [own, value] = [measures.value(row, "role", view), format.short(Math.abs(net))];
    const { low, high } = estimates.ends(row, balance, view);
    const role = estimates.either(row, balance, view)
      ? words.say("verdict.either", { range: format.interval(low, high) })
      : words.say("verdict.role", { role: words.known(`role.${own}`, own) });
    if (balance === "net_balance_with_exports_mt")
      return words.say(net > 0 ? "verdict.all.more" : "verdict.all.less", { value, role });
    const names = balance === "net_balance_cities_mt" ? called(groups()[0], row) : words.say("others.regions");
    const [pba, cba] = ["pba_mt", "cba_mt"].map((key) => measures.value(row, key, view));
    const apart =
      (pba - cba) * net < 0 && !estimates.either(row, "net_balance_with_exports_mt", view)
        ? words.say(pba > cba ? "verdict.apart.more" : "verdict.apart.less")
        : "";
    return words.say(net > 0 ? "verdict.more" : "verdict.less", { value, names, Names: upper(names), role, apart });
  }

  /** What the two sums say first: which is larger, and by how much; that it may be either where the range holds both. */
  function finding(row, view) {
    const of = amounts(row, view);
    if (estimates.either(row, "net_balance_with_exports_mt", told(view) ? view : "main"))
      return words.say("ledger.title.either", { city: words.name(row) });
    const [city, value] = [words.name(row), format.short(Math.abs(of.pba_mt - of.cba_mt))];
    return words.say(of.pba_mt > of.cba_mt ? "ledger.title.more" : "ledger.title.less", { city, value });
  }

  function build() {
    const text = h("p", { id: "ledger-sentence" });
    const note = h("p", { class: "note" });
    let row = null;
    let view = "main";
    const column = (key, label) => ({
      key,
      label,
      unit: words.unit("Mt CO2"),
      number: true,
      text: (line) => [shown(line[key], row), format.ranged(line.ends[key].low, line.ends[key].high)],
    });
    const table = widgets.table({
      id: "ledger-table",
      caption: words.say("ledger.caption"),
      columns: [
        { key: "label", label: words.say("ledger.partner") },
        column("made", words.say("ledger.pba")),
        column("used", words.say("ledger.cba")),
      ],
      rows: [],
      row(element, line) {
        Object.assign(element.dataset, { made: line.made ?? "", used: line.used ?? "" });
      },
    });
    const file = () =>
      [...lines(row, view), total(row, view)].map(({ label, made, used, ends }) => ({
        partner: label,
        pba_mt: made,
        ...(estimates.ranged(view) && { pba_mt_low: ends.made.low, pba_mt_high: ends.made.high }),
        cba_mt: used,
        ...(estimates.ranged(view) && { cba_mt_low: ends.used.low, cba_mt_high: ends.used.high }),
      }));
    const chart = charts.figure({
      id: "ledger",
      title: ({ city, method }) => finding(data.region(city), method),
      unit: words.say("with.unit", { head: words.say("ledger.caption"), unit: words.unit("Mt CO2") }),
      follows: () => told(view),
      note: () => `${words.say("ledger.blank")}${told(view) ? "" : ` ${estimates.note(view)}`}`,
      rows: file,
      draw: (width) =>
        charts.stacked(width, {
          bars: [
            [words.say("ledger.pba"), "made"],
            [words.say("ledger.cba"), "used"],
          ],
          rows: lines(row, view),
          unit: words.unit("Mt CO2"),
          label: sentence(row, view),
        }),
    });
    const element = h("section", { class: "block" }, chart.element, text, table.element, note);
    const total = (of, by) => entry(of, by, amounts(of, by), words.say("sum"), { made: "pba_mt", used: "cba_mt" });
    function update(values) {
      row = data.region(values.city);
      view = values.method;
      fill(text, sentence(row, view));
      fill(note, told(view) ? answer.ranges(view) : estimates.note(view));
      table.update(lines(row, view), [total(row, view)]);
      chart.update({ ...values });
    }
    return { element, update };
  }

  const has = () => data.store.regions.every((row) => row.own_mt !== undefined);

  return { has, told, amounts, sentence, finding, build };
})();
