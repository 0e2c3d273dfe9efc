// One city: what it emits, what its consumption causes, who emits for it and for whom it emits.

screen({
  id: "city",
  title: "City",
  about: (values) => data.nameOf(values.city),
  declare() {
    state.declare("direction", "in", (value) => ["in", "out"].includes(value));
    state.declare("view", "fit", (value) => ["fit", "near", "country"].includes(value));
  },
  build(root) {
    const [title, place, inside] = [
      h("h2", { id: "city-name" }),
      h("p", { class: "note" }),
      h("p", { class: "prose", id: "inside" }),
    ];
    const known = h("div", { class: "block" });
    const demand = charts.figure({
      id: "categories",
      name: "footprint_by_category",
      title: (values) => `What causes the footprint of ${data.region(values.city).name}`,
      unit: "Mt CO2, by category of final demand",
      note: (values) => (values.method === "main" ? "" : "By the run's own method."),
      rows: (values) => categories(values.city).map(({ label, value }) => ({ category: label, mt: value })),
      draw: (width, values) => {
        const rows = categories(values.city);
        const all = sum(rows.map((row) => row.value));
        const said = `Footprint of ${data.region(values.city).name} by category of final demand, Mt CO2: ${rows.map((row) => `${row.label} ${format.short(row.value)}`).join("; ")}`;
        return charts.bars(width, {
          rows,
          label: said,
          unit: "Mt CO2",
          shown: (row) => `${format.short(row.value)}${all > 0 ? ` (${format.part(row.value / all)})` : ""}`,
        });
      },
    });
    const blocks = [
      ...(ledger.has() ? [ledger.build()] : []),
      flows.build(),
      ...(data.store.paths ? [chains.build()] : []),
      ...(beside.has() ? [beside.build()] : []),
    ];
    root.append(title, place, inside, known, demand.element, ...blocks.map((block) => block.element));

    function categories(code) {
      const row = data.region(code);
      const { demand, demandNames } = data.store.colours;
      return ["household", "government", "capital", "stock_changes"]
        .map((role) => ({ label: demandNames[role], value: row[`cba_${role}_mt`], colour: demand[role] }))
        .concat(direct(row))
        .filter((entry) => entry.value !== null && entry.value !== undefined);
    }
    /** Households' own emissions, where the run counts them in the footprint. */
    const direct = (row) =>
      Math.abs(row.cba_mt - row.cba_demand_mt) > 1e-9 * Math.abs(row.cba_mt)
        ? [{ label: measures.head("household_direct_mt"), value: row.household_direct_mt, colour: "#bdbdb8" }]
        : [];

    return (values) => {
      const row = data.region(values.city);
      fill(title, data.nameOf(values.city));
      const kind =
        { city: "City", municipality: "Municipality", province: "Province, not split into cities" }[row.kind] ?? "Region";
      fill(
        place,
        [kind, row.province_name && row.province_name !== row.name && `in ${row.province_name}`, `code ${row.region}`]
          .filter(Boolean)
          .join(" · "),
      );
      fill(inside, finder.inside(row.region));
      fill(known, facts.element(row, values.method));
      for (const block of [demand, ...blocks]) block.update({ ...values });
    };
  },
});
