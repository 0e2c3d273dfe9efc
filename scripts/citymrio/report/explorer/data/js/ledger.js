// For whom a city emits and where its footprint is emitted: both sums close, with what is not counted named. All of regions.csv.

const ledger = (() => {
  const some = (test) => data.store.regions.some(test);
  /** Whether the run counts households' own emissions on both sides. */
  const counted = (row) => Math.abs(row.cba_mt - row.cba_demand_mt) > 1e-9 * Math.abs(row.cba_mt);

  /** What the others are called: cities, and provinces that are not split; of a run without cities, regions. */
  function others(row) {
    const cities = some((one) => one.kind !== "province");
    const other = (city) => ((row.kind === "province") === city ? "" : "other ");
    return [
      cities && ["cities", `${other(true)}cities`],
      some((one) => one.kind === "province") && [
        "provinces",
        cities ? `${other(false)}provinces that are not split into cities` : "other regions",
      ],
    ].filter(Boolean);
  }

  /** Lines of the ledger: label, made (emitted here) and used (part of the footprint), Mt; null is what is not counted. */
  function lines(row) {
    const line = (label, made, used) => ({ label, made, used });
    return [
      line(`${row.name} itself`, row.own_mt, row.own_mt),
      ...others(row).map(([key, words]) =>
        line(words.charAt(0).toUpperCase() + words.slice(1), row[`for_${key}_mt`], row[`from_${key}_mt`]),
      ),
      counted(row) && line("Its households' own fuel", row.household_direct_mt, row.household_direct_mt),
      line("Abroad: its exports, its imports", row.exports_mt, null),
      row.error_mt !== 0 && line("Statistical error of the tables", row.error_mt, null),
      row.orphan_mt !== 0 && line("Nobody: sectors without output", row.orphan_mt, null),
    ].filter(Boolean);
  }

  /** Digits that suit the larger total; what would vanish is "near 0". */
  function shown(value, row) {
    if (value === null) return "not counted";
    const digits = Math.max(0, 3 - Math.ceil(Math.log10(Math.max(row.pba_mt, row.cba_mt, 1e-6)))) + 1;
    return value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits ? "near 0" : format.number(value, digits);
  }

  function sentence(row) {
    const amount = (value) => `${format.short(value)} Mt`;
    const told = (parts) =>
      parts
        .filter(([value]) => value)
        .map(([value, words]) => `${format.short(value)} ${words}`)
        .join(", ");
    const made = told([
      [row.own_mt, "for its own consumption"],
      ...others(row).map(([key, words]) => [row[`for_${key}_mt`], `for ${words}`]),
      [row.exports_mt, "for exports abroad"],
    ]);
    const used = told([
      [row.own_mt, `in ${row.name} itself`],
      ...others(row).map(([key, words]) => [row[`from_${key}_mt`], `in ${words}`]),
    ]);
    return [
      `${row.name} emitted ${amount(row.pba_mt)} CO2: ${made}.`,
      `Its footprint is ${amount(row.cba_mt)}: ${used}.`,
      verdict(row, amount),
      "What is emitted abroad for its imports is in no footprint of this page.",
    ].join(" ");
  }

  /** Net producer or consumer, by the balance that the run goes by; and why PBA and CBA may seem to say otherwise. */
  function verdict(row, amount) {
    const net = row[data.store.balance];
    if (data.store.balance === "net_balance_with_exports_mt") {
      return `It emits ${amount(Math.abs(net))} ${net > 0 ? "more" : "less"} than its footprint: a ${row.role}.`;
    }
    const [[, cities]] = others(row);
    const partners = data.store.balance === "net_balance_cities_mt" ? cities : "other regions";
    const size = amount(Math.abs(net));
    const words =
      net > 0
        ? `It emits ${size} more for ${partners} than they emit for it`
        : `${partners[0].toUpperCase()}${partners.slice(1)} emit ${size} more for it than it emits for them`;
    const apart = (row.pba_mt - row.cba_mt) * net < 0;
    const why = apart ? `; with them it emits ${row.pba_mt > row.cba_mt ? "more" : "less"} than its footprint` : "";
    return `${words}: a ${row.role}. Exports abroad are not in this balance${why}.`;
  }

  function build() {
    const text = h("p", { id: "ledger-sentence" });
    const note = h("p", { class: "note" });
    let row = null;
    const column = (key, label) => ({
      key,
      label,
      unit: "Mt CO2",
      number: true,
      text: (line) => shown(line[key], row),
    });
    const table = widgets.table({
      id: "ledger-table",
      caption: "For whom it is emitted here, and where the footprint is emitted",
      columns: [
        { key: "label", label: "Partner" },
        column("made", "Emitted here for it (PBA)"),
        column("used", "Emitted there for this place (CBA)"),
      ],
      rows: [],
      row(element, line) {
        Object.assign(element.dataset, { made: line.made ?? "", used: line.used ?? "" });
      },
    });
    const element = h(
      "section",
      { class: "block", "aria-labelledby": "ledger-head" },
      h("h3", { id: "ledger-head" }, "Emitted here, and caused by what it buys"),
      text,
      table.element,
      download.bar("ledger", {
        rows: () => [...lines(row), total(row)].map(({ label, made, used }) => ({ partner: label, pba_mt: made, cba_mt: used })),
        title: () => `For whom ${row.name} emits, and where its footprint is emitted, Mt CO2 (blank: not counted)`,
      }),
      note,
    );
    const total = (of) => ({ label: "Sum", made: of.pba_mt, used: of.cba_mt });
    function update(values) {
      row = data.region(values.city);
      fill(text, sentence(row));
      fill(note, values.method === "main" ? "" : "By the run's own method.");
      table.update(lines(row), [total(row)]);
    }
    return { element, update };
  }

  const has = () => data.store.regions.every((row) => row.own_mt !== undefined);

  return { has, build };
})();
