// The flows of a city: map with arcs, table of the ten largest, and how much is home, province, elsewhere.

const flows = (() => {
  const MT = 1e-6;
  const TITLES = { in: "Where the footprint is emitted", out: "For whom the city emits" };
  const VIEWS = [
    ["fit", "All ten flows"],
    ["near", "Close-up"],
    ["country", "Whole country"],
  ];
  const shared = (value, total) => (total ? (100 * value) / total : null);

  /** A switch between two words, as radio buttons. */
  function direction() {
    const option = (value, label) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "direction",
          id: `direction-${value}`,
          value,
          onchange: () => state.set({ direction: value }),
        }),
        ` ${label}`,
      );
    const element = h(
      "fieldset",
      { class: "switch" },
      h("legend", {}, "Flows"),
      option("in", "In: emitted elsewhere for this city"),
      option("out", "Out: emitted here for others"),
    );
    const show = (values) => {
      element.querySelector(`#direction-${values.direction}`).checked = true;
    };
    return { element, show };
  }

  /** Rows of the table: the ten largest, then the city itself, all others and the sum. */
  function rows(code, found, side) {
    const line = (values) => ({
      rank: null,
      region: null,
      name: null,
      province: null,
      ...values,
      mt: values.t * MT,
      percent: shared(values.t, found.total),
    });
    const top = partners.directed(code, side, found.top).map((flow, i) => {
      const other = side === "in" ? flow.origin : flow.destination;
      return line({
        rank: i + 1,
        region: other,
        name: data.region(other).name,
        province: data.region(other).province_name,
        t: flow.value,
        ...flow,
      });
    });
    const own = { name: `${data.region(code).name} itself`, region: code, t: found.home ?? 0, origin: code, destination: code };
    return {
      top,
      foot: [
        line(own),
        line({ name: `All others (${found.count})`, t: found.others, kind: "others" }),
        line({ name: "Total", t: found.total, kind: "total" }),
      ],
    };
  }

  function build() {
    const turn = direction();
    const text = h("p", { id: "flows-sentence" });
    const label = (values) => `${TITLES[values.direction]}: ${data.region(values.city).name}`;
    const found = (values) => partners.of(values.city, values.direction, values.method);
    const chart = map.has()
      ? charts.figure({
          level: 4,
          id: "flows-map",
          name: "flows_map",
          title: label,
          note: (values) =>
            `The ten largest flows, Mt CO2. Arrows point from the place that emits to the place that consumes; their width follows the amount.${values.direction === "in" ? "" : " Exports abroad are not shown."}${values.view === "near" ? " Some arrows may lead out of this close-up." : ""}`,
          follows: () => true,
          hint: "A click on an arrow opens the other city.",
          rows: (values) => every(values),
          draw: drawn,
        })
      : null;
    const bar = charts.figure({
      level: 4,
      id: "flows-parts",
      name: "home_province_elsewhere",
      title: "Home, province, elsewhere",
      unit: "Mt CO2",
      follows: () => true,
      rows: (values) =>
        partners
          .parts(values.city, found(values))
          .map(({ label: part, value }) => ({ part, t: value, percent: shared(value, found(values).total) })),
      draw(width, values) {
        const all = found(values);
        const list = partners.parts(values.city, all).map((part) => ({ ...part, t: part.value, value: part.value * MT }));
        return charts.bars(width, {
          rows: list,
          unit: "Mt CO2",
          label: `${label(values)}: ${list.map((part) => `${part.label} ${format.short(part.value)} Mt`).join("; ")}`,
          shown: (part) => format.short(part.value) + (all.total ? ` (${format.percent(part.t / all.total)})` : ""),
        });
      },
    });
    const table = widgets.table({
      id: "flows-table",
      caption: "The ten largest flows",
      columns: [
        { key: "name", label: "City", text: (line) => (line.rank ? widgets.city(line.region) : line.name) },
        { key: "province", label: "Province" },
        { key: "mt", label: "Amount", unit: "Mt CO2", number: true, align: true },
        { key: "percent", label: "Share", unit: "%", number: true, decimals: 1 },
      ],
      rows: [],
      sort: "mt",
      row(element, line) {
        if (line.kind) element.dataset.kind = line.kind;
        for (const key of ["origin", "destination"]) if (line[key]) element.dataset[key] = line[key];
        element.dataset.value = line.t;
      },
    });

    function drawn(width, values) {
      const all = found(values);
      const list = partners.directed(values.city, values.direction, all.top);
      const other = (flow) => (values.direction === "in" ? flow.origin : flow.destination);
      const ends = new Set(list.map(other));
      const colour = arcs.colour(values.direction);
      const pale = d3.interpolateRgb("#fff", colour)(0.25);
      const said = (flow) =>
        `${data.region(flow.origin).name} emits ${format.short(flow.value * MT)} Mt CO2 for ${data.region(flow.destination).name}`;
      return map.draw(width, {
        label: `${label(values)}. ${list.map(said).join("; ")}`,
        fill: (code) => (code === values.city ? "#fff" : ends.has(code) ? pale : "#f0f0ed"),
        entries: [
          { label: data.region(values.city).name, colour: "#fff" },
          { label: values.direction === "in" ? "Emits for it (ten largest)" : "It emits for them (ten largest)", colour: pale },
        ],
        hatched: false,
        lines: (code) => [data.nameOf(code), ...amounts(code, values)],
        near: map.around(values.city, list.map(other), values.view),
        lit: values.city,
        over(svg, place, frame) {
          arcs.draw(svg, place, list, {
            colour,
            lines: (flow) => [said(flow), `${format.percent(flow.value / all.total)} of the total`],
            other,
            pick: (code) => state.set({ city: code }, { push: true }),
          });
          arcs.names(svg, [values.city, ...list.map(other)], place, frame);
        },
      });
    }

    const amounts = (code, { city, direction: side, method }) => {
      const value = side === "in" ? data.flow(code, city, method) : data.flow(city, code, method);
      return [
        value === null
          ? "not among the flows that this page keeps"
          : `${format.short(value * MT)} Mt CO2 ${side === "in" ? "emitted here for" : "emitted for it by"} ${data.region(city).name}`,
      ];
    };
    /** Every flow that the page holds, the largest first, as a file has it; what it keeps only as a sum stands last. */
    const every = (values) => {
      const { all, total } = found(values);
      return all.map(({ code, value }, i) => ({
        rank: code === null ? null : i + 1,
        region: code,
        name: code === null ? "all others" : data.region(code).name,
        province: code === null ? null : data.region(code).province_name,
        t_co2: value,
        percent: shared(value, total),
      }));
    };

    const element = h(
      "section",
      { class: "block", "aria-labelledby": "flows-head" },
      h("h3", { id: "flows-head" }, "Flows in and out"),
      h("div", { class: "controls" }, turn.element, map.has() && widgets.select("view", "Map", VIEWS)),
      text,
      h(
        "div",
        { class: chart ? "pair" : null },
        chart?.element,
        h(
          "div",
          {},
          table.element,
          download.bar("flows", { rows: () => every(state.get()), title: () => label(state.get()), follows: () => true }),
          bar.element,
        ),
      ),
    );
    function update(values) {
      turn.show(values);
      const all = found(values);
      fill(text, partners.sentence(values.city, values.direction, all));
      const { top, foot } = rows(values.city, all, values.direction);
      table.update(top, foot);
      chart?.update({ ...values });
      bar.update({ ...values });
    }
    return { element, update };
  }

  return { build };
})();
