// The first screen: headline numbers, map, production against consumption, all cities.

screen({
  id: "overview",
  declare() {
    const choices = measures.choices();
    state.declare("measure", choices[0], (value) => choices.includes(value));
    state.declare("sort", "-cba_mt", (value) => /^-?\w+$/.test(value));
    state.declare("filter", "");
  },
  build(root) {
    const { regions } = data.store;
    const pick = (code) => state.set({ city: code, tab: "city" }, { push: true });
    const title = (values) => measures.head(values.measure);
    const classed = (values) => measures.classes(values.measure, values.method, regions);
    const colourOf = (values) => {
      const { classes, of } = classed(values);
      return (row) => classes[of(row)]?.colour ?? measures.EMPTY;
    };

    const mapped = figureOfMap();
    function figureOfMap() {
      if (!map.has()) return null;
      return charts.figure({
        id: "map",
        title,
        unit: (values) => measures.unit(values.measure),
        note: ({ measure, method }) =>
          words.say("overview.map.note") +
          (measure === "super_emitter" && estimates.ranged(method) ? words.gap() + words.say("overview.map.counts") : ""),
        follows: (values) => measures.follows(values.measure, values.method),
        hint: words.say("overview.map.hint"),
        rows: (values) =>
          regions.map((row) => ({
            region: row.region,
            name: row.name,
            [values.measure]: measures.value(row, values.measure, values.method),
          })),
        draw(width, values) {
          const { classes, without } = classed(values);
          const colour = colourOf(values);
          const drawn = new Set(Object.keys(data.store.map.regions));
          return map.draw(width, {
            label: words.say("overview.map.label", {
              count: regions.length,
              measure: words.lower(title(values)),
              list: words.parts(classes.map((entry) => words.say("class.count", entry))),
            }),
            fill: (code) => colour(data.region(code)),
            entries: [
              ...classes,
              ...(without && drawn.size ? [{ label: words.say("no.value.head"), colour: measures.EMPTY, count: without }] : []),
              ...map.unsplitEntry(),
              ...(data.store.map.outside ? [{ label: words.say("map.outside"), colour: "#fafaf8" }] : []),
            ],
            lines: (code) => measures.lines(code, values.measure, values.method),
            first: values.city,
            pick,
          });
        },
      });
    }

    const threshold = () =>
      data.rows("parameters", state.get().method)?.find((row) => row.parameter === "super_threshold")?.value;
    const points = charts.figure({
      id: "scatter",
      name: "production_and_consumption",
      title: words.say("scatter.title"),
      unit: words.say("scatter.unit"),
      follows: () => true,
      note: () =>
        [
          words.say("scatter.equal"),
          threshold() && words.say("scatter.threshold", { value: format.short(threshold()) }),
          without() && words.say("scatter.without", { count: without() }),
        ]
          .filter(Boolean)
          .join(words.gap()),
      rows: (values) =>
        regions.map((row) => ({
          region: row.region,
          name: row.name,
          ...Object.fromEntries(["pba_mt", "cba_mt"].map((key) => [key, measures.value(row, key, values.method)])),
        })),
      empty: words.say("scatter.empty"),
      draw: (width, values) =>
        charts.scatter(width, {
          rows: regions,
          x: (row) => measures.value(row, "pba_mt", values.method),
          y: (row) => measures.value(row, "cba_mt", values.method),
          colour: colourOf(values),
          labels: ["pba_mt", "cba_mt"].map((key) =>
            words.say("with.unit", { head: measures.head(key), unit: measures.unit(key) }),
          ),
          title: words.say("scatter.label", { count: regions.length, measure: words.lower(title(values)) }),
          threshold: threshold(),
          lines: (code) => measures.lines(code, values.measure, values.method),
          first: values.city,
          pick,
        }),
    });
    const without = () => regions.filter((row) => !(row.pba_mt > 0 && row.cba_mt > 0)).length;

    const table = widgets.table({
      id: "cities-table",
      caption: words.say("overview.all"),
      filter: true,
      columns: columnsOf(),
      rows: regions,
      sort: "cba_mt",
      onsort: ({ key, descending }) => state.set({ sort: `${descending ? "-" : ""}${key}` }),
      onfilter: (word) => state.set({ filter: word }),
    });
    function columnsOf() {
      const own = (key) => (row) => measures.value(row, key, state.get().method);
      const named = (key) => measures.column(key, { value: (row) => own(key)(row) && measures.className(key, own(key)(row)) });
      const amount = (key) =>
        measures.column(key, {
          number: true,
          decimals: format.decimals(regions.map((row) => row[key])),
          value: own(key),
        });
      const { level, method } = data.store.intervals ?? {};
      const interval = {
        key: "cba_mt_low",
        label: words.say("overview.interval", {
          level: Math.round(100 * (level ?? 0)),
          method: method && !estimates.ranged(estimates.first()) ? words.say("of.method", { method: words.method(method) }) : "",
        }),
        unit: data.column("regions", "cba_mt").unit,
        meaning: words.say("overview.interval.meaning", {
          method: method ? words.say("of.method", { method: words.method(method) }) : "",
        }),
        number: true,
        text: (row) => format.interval(row.cba_mt_low, row.cba_mt_high),
      };
      const columns = [
        measures.column("name", {
          text: (row) => widgets.city(row.region),
          search: (row) => `${row.name} ${row.name_local ?? ""}`,
        }),
        measures.column("region"),
        measures.column("province_name", { value: words.province }),
        amount("cba_mt"),
        interval,
        ...["pba_mt", "exports_mt", "per_capita_t", data.store.balance].map(amount),
        measures.column("quintile", { value: own("quintile") }),
        ...["structure", "super_emitter"].map(named),
        measures.column("population", { number: true, decimals: 0 }),
      ];
      return columns.filter((column) => measures.has(column.key));
    }

    /** All regions by the method in sight, without what is known by the run's own alone. */
    function listed() {
      const { method } = state.get();
      const drawn = estimates.ranged(method) ? data.store.intervals.of_regions : [];
      const kept = (key) => method === "main" || measures.same(key) || measures.follows(key, method) || drawn.includes(key);
      const names = Object.keys(regions[0]).filter(kept);
      return regions.map((row) => Object.fromEntries(names.map((key) => [key, measures.value(row, key, method)])));
    }

    const numbers = headline.build();
    const key = h("div");
    const choice = widgets.select(
      "measure",
      words.say("show"),
      measures.choices().map((key) => [key, measures.head(key)]),
    );
    root.append(
      ...[
        h("h2", {}, words.say("tab.overview")),
        numbers.element,
        h("p", { class: "for-screen" }, card.button()),
        h("div", { class: "controls" }, choice),
        mapped
          ? h("div", { class: "pair" }, mapped.element, points.element)
          : [h("p", { class: "note" }, words.say("overview.nomap")), key, points.element],
        data.store.intervals?.few ? h("p", { class: "note" }, words.few()) : [],
        h("h3", {}, words.say("overview.table")),
        table.element,
        download.bar("regions", { rows: listed, follows: () => true }),
      ].flat(),
    );
    return (values, changed) => {
      numbers.update(values.method);
      const drawn = ["tab", "measure", "method", "city"].some((key) => changed.includes(key)) || !changed.length;
      if (drawn) for (const chart of [mapped, points]) chart?.update({ ...values });
      fill(
        key,
        charts.key(classed(values).classes.map((entry) => ({ ...entry, label: `${entry.label} (${entry.count})`, round: true }))),
      );
      table.show({ key: values.sort.replace("-", ""), down: values.sort.startsWith("-"), filter: values.filter });
    };
  },
});
