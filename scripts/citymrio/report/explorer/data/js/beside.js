// The run's method beside the others: where their priors (first guesses) make a difference.

const beside = (() => {
  const MT = 1e-6;
  const APART = 0.1;

  /** Methods whose flows the page holds, besides the run's own. */
  const others = () => Object.entries(data.store.methods?.others ?? {}).filter(([name]) => data.hasFlows(name));
  const has = () => others().length > 0;
  const label = (name) => (name === "main" ? (data.store.methods?.label ?? "This run") : data.store.methods.others[name].label);

  /** What is compared, by the run's method and another, Mt. */
  function rows(code, name) {
    const by = (method) => {
      const row = data.region(code);
      const found = partners.of(code, "in", method);
      return [
        ["Emitted here (PBA)", measures.value(row, "pba_mt", method)],
        ["Footprint (CBA)", measures.value(row, "cba_mt", method)],
        ["of it emitted in the city itself", found.home === null ? null : found.home * MT],
        found.shared && !found.unknown && ["of it emitted elsewhere in its province", found.province * MT],
        !found.unknown && [
          found.shared ? "of it emitted in other provinces" : "of it emitted in other regions",
          found.elsewhere * MT,
        ],
      ].filter(Boolean);
    };
    const there = new Map(by(name));
    return by("main")
      .map(([words, from]) => ({ label: words, from, to: there.get(words) ?? null }))
      .filter((row) => row.from !== null && row.to !== null);
  }

  const apart = (row) => Math.abs(row.to - row.from) > APART * Math.max(Math.abs(row.from), Math.abs(row.to));

  function sentence(code, name, list) {
    const wide = list
      .filter(apart)
      .map((row) =>
        row.label
          .replace("of it ", "")
          .replace("Emitted here (PBA)", "what is emitted here")
          .replace("Footprint (CBA)", "the footprint"),
      );
    const city = data.region(code).name;
    const { differs } = data.store.methods.others[name];
    if (!differs.startsWith("method:")) {
      return `The other estimate differs in ${differs.replaceAll("_", " ")}. ${wide.length ? `It is more than ${100 * APART}% away in: ${wide.join(", ")}.` : `It is within ${100 * APART}% in all of these numbers.`}`;
    }
    const both = `Both methods use the same data of ${city} and start from different first guesses (priors).`;
    return wide.length
      ? `${both} They differ by more than ${100 * APART}% in: ${wide.join(", ")}. There the prior decides, not the data.`
      : `${both} They agree within ${100 * APART}% in all of these numbers. What both share, such as the inventories, is not tested by that.`;
  }

  function build() {
    const [[name]] = others();
    const colours = ["#1f5f7a", "#c0622b"];
    const text = h("p", { id: "prior-sentence" });
    const chart = charts.figure({
      level: 4,
      id: "dumbbell",
      name: "methods_beside",
      title: (values) => `${data.region(values.city).name} by both methods`,
      unit: "Mt CO2",
      rows: (values) => rows(values.city, name).map((row) => ({ quantity: row.label, main: row.from, [name]: row.to })),
      draw: (width, values) => {
        const list = rows(values.city, name);
        return charts.dumbbell(width, {
          rows: list,
          unit: "Mt CO2",
          names: [label("main"), label(name)],
          colours,
          label: list.map((row) => `${row.label}: ${format.short(row.from)} and ${format.short(row.to)} Mt`).join("; "),
        });
      },
    });
    const change = (row) => (row.from ? (100 * (row.to - row.from)) / row.from : null);
    const table = widgets.table({
      id: "methods-table",
      caption: "Both methods",
      columns: [
        { key: "label", label: "Quantity" },
        { key: "from", label: label("main"), unit: "Mt CO2", number: true },
        { key: "to", label: label(name), unit: "Mt CO2", number: true },
        {
          key: "difference",
          label: "Difference",
          unit: "%",
          number: true,
          value: change,
          text: (row) => (Math.abs(change(row)) < 0.05 && row.to !== row.from ? "below 0.1" : format.number(change(row), 1)),
        },
      ],
      rows: [],
    });
    const key = charts.key([
      { label: label("main"), colour: colours[0], round: true },
      { label: label(name), colour: colours[1] },
    ]);
    const element = h(
      "section",
      { class: "block", "aria-labelledby": "beside-head" },
      h("h3", { id: "beside-head" }, "Two methods"),
      text,
      h("div", { class: "pair" }, h("div", {}, key, chart.element), table.element),
    );
    function update(values) {
      const list = rows(values.city, name);
      fill(text, sentence(values.city, name, list));
      table.update(list);
      chart.update({ ...values });
    }
    return { element, update };
  }

  return { has, others, label, build };
})();
