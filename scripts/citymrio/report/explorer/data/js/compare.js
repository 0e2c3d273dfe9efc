// Two cities on one scale, and the flows between them.

const couple = (() => {
  /** The second city: the one chosen, else the largest that is not the first; cities before provinces that are not split. */
  function second({ city, other }) {
    if (other && other !== city) return other;
    const whole = (row) => (row.kind === "province" ? 1 : 0);
    const rows = data.store.regions.filter((row) => row.region !== city);
    return rows.sort((a, b) => whole(a) - whole(b) || (b.cba_mt ?? 0) - (a.cba_mt ?? 0))[0].region;
  }

  /** Both cities after one was chosen as the first or the second; the other one's choice changes places with it. */
  function chosen(values, place, code) {
    const now = { city: values.city, other: second(values) };
    const rest = place === "city" ? "other" : "city";
    return code === now[rest] ? { city: now.other, other: now.city } : { ...now, [place]: code };
  }

  return { second, chosen };
})();

screen({
  id: "compare",
  about: (values) => [values.city, couple.second(values)].map(data.nameOf).join(words.say("list.and")),
  remark: (values) =>
    words.parts([
      words.headed(words.say("compare.first"), [data.nameOf(values.city)]),
      words.headed(words.say("compare.second"), [data.nameOf(couple.second(values))]),
    ]),
  has: () => data.store.regions.length > 1,
  declare() {
    state.declare("other", "", (value) => value === "" || data.store.index.has(value), { refusal: widgets.noPlace });
  },
  build(root) {
    const COLOURS = ["#1f5f7a", "#c0622b"];
    const MT = 1e-6;
    const AMOUNTS = [
      "pba_mt",
      "cba_mt",
      "cba_household_mt",
      "cba_government_mt",
      "cba_capital_mt",
      "cba_stock_changes_mt",
      measures.balance(),
    ].filter(measures.has);
    const provinces = data.store.regions.some((row) => row.kind === "province");
    const MORE = [
      "own_mt",
      "for_cities_mt",
      "for_provinces_mt",
      "exports_mt",
      "from_cities_mt",
      "from_provinces_mt",
      "per_capita_t",
      "population",
      "gdp_usd",
      "affluence_usd",
      "capital_share",
    ].filter((key) => measures.has(key) && (!key.includes("provinces") || provinces));
    const name = words.place;
    const both = () => ({ ...state.get(), other: couple.second(state.get()) });

    const picked = (place) => (code) => state.set(couple.chosen(state.get(), place, code), { push: true });
    const finders = h(
      "div",
      { class: "controls" },
      finder.field({ id: "find-first", label: words.say("compare.first"), pick: picked("city") }),
      finder.field({ id: "find-other", label: words.say("compare.second"), pick: picked("other") }),
      h(
        "button",
        {
          type: "button",
          class: "more",
          onclick: () => state.set({ city: couple.second(state.get()), other: state.get().city }, { push: true }),
        },
        words.say("compare.swap"),
      ),
    );
    const [title, text, key] = [h("h2", { id: "compare-title" }), h("p", { id: "compare-sentence" }), h("div")];

    const rows = (values, keys) =>
      keys.map((one) => {
        const unit = measures.unit(one);
        const share = unit === "1";
        const { method } = values;
        const followed = method === "main" || measures.follows(one, method);
        const value = (code) => measures.value(data.region(code), one, method);
        const ends = (code) => estimates.ends(data.region(code), one, followed ? method : "main");
        const [{ low, high }, other] = [values.city, values.other].map(ends);
        const [first, second] = [value(values.city), value(values.other)].map((found) =>
          share && found !== null ? 100 * found : found,
        );
        return {
          key: one,
          label: measures.head(one) + (followed || measures.same(one) ? "" : words.say("compare.other")),
          unit: share ? "%" : unit,
          first,
          ...(estimates.ranged(values.method) && { first_low: low, first_high: high }),
          second,
          ...(estimates.ranged(values.method) && { second_low: other.low, second_high: other.high }),
          difference: first === null || second === null ? null : first - second,
        };
      });

    /** Carbon between the two, t: each way, and what it is of the consumer's footprint. */
    const between = ({ city, other, method }) =>
      [
        [city, other],
        [other, city],
      ].map(([origin, destination]) => {
        const t = data.flow(origin, destination, method);
        const total = sum(data.flowsInto(destination, method).map((flow) => flow.value));
        return {
          origin,
          destination,
          t,
          mt: t === null ? null : t * MT,
          percent: t === null || !total ? null : (100 * t) / total,
        };
      });

    const chart = charts.figure({
      id: "compare-bars",
      name: "two_cities",
      title: (values) => words.say("compare.title", { first: name(values.city), second: name(values.other) }),
      unit: words.unit("Mt CO2"),
      follows: () => true,
      rows: (values) => rows(values, AMOUNTS),
      draw: (width, values) => pairs(width, rows(values, AMOUNTS), values),
    });
    function pairs(width, list, values) {
      const long = list.flatMap((row) =>
        [values.city, values.other].map((code, i) => ({ label: row.label, code, value: i ? row.second : row.first })),
      );
      const known = long.filter((row) => row.value !== null);
      if (!known.length) return null;
      const narrow = width < 560;
      const shown = (row) => format.short(row.value);
      const room = charts.margin(known, shown);
      const said = words.parts(
        list.map((row) =>
          words.say("compare.bar", { label: row.label, first: format.short(row.first), second: format.short(row.second) }),
        ),
      );
      return charts.plot(words.say("compare.label", { first: name(values.city), second: name(values.other), said }), {
        width,
        height: 56 + 52 * list.length,
        marginTop: 20,
        marginLeft: narrow ? 6 : 220,
        marginRight: 8,
        marginBottom: 34,
        x: {
          label: words.unit("Mt CO2"),
          domain: charts.reach(known.map((row) => row.value)),
          insetRight: room,
          ticks: charts.ticks(width - (narrow ? 6 : 220) - room),
          grid: true,
          labelArrow: "none",
        },
        y: { domain: [values.city, values.other], axis: null },
        fy: { domain: list.map((row) => row.label), label: null, axis: null, padding: 0.3 },
        marks: [
          Plot.barX(known, { x: "value", y: "code", fy: "label", fill: (row) => COLOURS[row.code === values.city ? 0 : 1] }),
          Plot.ruleX([0]),
          Plot.text(known, { ...charts.behind, y: "code", fy: "label", text: shown }),
          narrow
            ? Plot.text(list, { fy: "label", text: "label", frameAnchor: "top-left", dy: -12 })
            : Plot.text(list, { fy: "label", text: "label", frameAnchor: "left", dx: -8, textAnchor: "end" }),
        ],
      });
    }

    const column = (one, more) => ({ key: one, number: true, ...more });
    const ranged = (one) => (row) => [format.number(row[one]), format.ranged(row[`${one}_low`], row[`${one}_high`])];
    const table = widgets.table({
      id: "compare-table",
      caption: words.say("compare.caption"),
      columns: [
        {
          ...{ key: "label", label: words.say("quantity") },
          text: (row) => [row.label, h("span", { class: "aside" }, row.unit)],
        },
        column("first", { label: words.say("compare.first"), text: ranged("first") }),
        column("second", { label: words.say("compare.second"), text: ranged("second") }),
        column("difference", { label: words.say("compare.difference") }),
      ],
      rows: [],
    });
    const trade = widgets.table({
      id: "between-table",
      caption: words.say("compare.between"),
      columns: [
        { key: "origin", label: words.say("emitted.in"), text: (row) => widgets.city(row.origin) },
        { key: "destination", label: words.say("compare.for"), text: (row) => widgets.city(row.destination) },
        column("mt", { label: words.say("flows.amount"), unit: words.unit("Mt CO2") }),
        column("percent", { label: words.say("compare.share"), unit: "%", decimals: 2 }),
      ],
      rows: [],
      row(element, row) {
        Object.assign(element.dataset, { origin: row.origin, destination: row.destination, value: row.t });
      },
    });
    const heads = table.element.querySelectorAll("thead .sort");

    root.append(
      title,
      finders,
      text,
      h(
        "div",
        { class: "pair even" },
        h("div", {}, key, chart.element),
        h(
          "div",
          {},
          table.element,
          download.bar("compare", { rows: () => rows(both(), [...AMOUNTS, ...MORE]), follows: () => true }),
        ),
      ),
      h("h3", {}, words.say("compare.flows")),
      trade.element,
      download.bar("flows_between", {
        follows: () => true,
        rows: () => between(both()).map(({ origin, destination, t, percent }) => ({ origin, destination, t_co2: t, percent })),
      }),
    );

    function sentence(values) {
      const [there, back] = between(values);
      const [a, b] = [name(values.city), name(values.other)];
      if (there.mt === null || back.mt === null) return words.say("compare.unkept");
      const net = there.mt - back.mt;
      return words.say("compare.sentence", {
        a,
        b,
        there: format.short(there.mt),
        back: format.short(back.mt),
        more: net >= 0 ? a : b,
        less: net >= 0 ? b : a,
        net: format.short(Math.abs(net)),
      });
    }

    return (chosen) => {
      const values = { ...chosen, other: couple.second(chosen) };
      fill(title, [values.city, values.other].map(data.nameOf).join(words.say("list.and")));
      fill(text, sentence(values));
      fill(key, charts.key([values.city, values.other].map((code, i) => ({ label: name(code), colour: COLOURS[i] }))));
      document.getElementById("find-first").placeholder = name(values.city);
      document.getElementById("find-other").placeholder = name(values.other);
      fill(heads[1], name(values.city));
      fill(heads[2], name(values.other));
      table.update(rows(values, [...AMOUNTS, ...MORE]));
      trade.update(between(values));
      chart.update(values);
    };
  },
});
