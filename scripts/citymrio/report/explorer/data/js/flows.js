// The flows of a city: map with arcs, table of the ten largest, and how much is home, province, elsewhere.

const flows = (() => {
  const MT = 1e-6;
  const VIEWS = ["fit", "near", "country"];
  const shared = (value, total) => (total ? (100 * value) / total : null);

  /** A switch between two words, as radio buttons. */
  function direction() {
    const option = (value) =>
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
        ` ${words.say(`flows.${value}`)}`,
      );
    const element = h("fieldset", { class: "switch" }, h("legend", {}, words.say("flows.legend")), option("in"), option("out"));
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
        name: words.place(other),
        province: words.province(data.region(other)),
        t: flow.value,
        ...flow,
      });
    });
    const own = {
      name: words.say("ledger.itself", { city: words.place(code) }),
      region: code,
      t: found.home ?? 0,
      origin: code,
      destination: code,
    };
    return {
      top,
      foot: [
        line(own),
        line({ name: words.say("flows.others", { count: found.count }), t: found.others, kind: "others" }),
        line({ name: words.say("sum"), t: found.total, kind: "total" }),
      ],
    };
  }

  function build() {
    const turn = direction();
    const text = h("p", { id: "flows-sentence" });
    const found = (values) => partners.of(values.city, values.direction, values.method);
    /** What the flows say: who emits most for a city, or for whom it does. */
    const label = (values) => {
      const top = found(values)
        .top.slice(0, 3)
        .map((flow) => words.place(flow.code));
      const city = words.place(values.city);
      return words.say(`flows.${values.direction}.${top.length ? "title" : "plain"}`, { city, names: words.list(top) });
    };
    const chart = map.has()
      ? charts.figure({
          id: "flows-map",
          name: "flows_map",
          title: label,
          note: (values) =>
            [
              words.say("flows.note"),
              values.direction === "in" ? "" : words.say("flows.note.out"),
              values.direction === "out" && estimates.ranged(values.method) ? words.say("flows.note.ranges") : "",
              values.view === "near" ? words.say("flows.note.near") : "",
            ]
              .filter(Boolean)
              .join(words.gap()),
          follows: () => true,
          hint: words.say("flows.hint"),
          rows: (values) => every(values),
          draw: drawn,
        })
      : null;
    const bar = charts.figure({
      level: 4,
      id: "flows-parts",
      name: "home_province_elsewhere",
      title(values) {
        const all = found(values);
        const key = all.total > 0 ? `parts.${values.direction}` : `flows.${values.direction}.plain`;
        return words.say(key, {
          city: words.place(values.city),
          share: partners.shares(values.city, all)[0],
        });
      },
      unit: words.say("parts.unit"),
      note({ city, method }) {
        const { low, high } = estimates.ends(data.region(city), "own_mt", method);
        return low === null ? "" : words.say("parts.range", { range: format.interval(low, high) });
      },
      follows: () => true,
      rows: (values) =>
        partners
          .parts(values.city, found(values))
          .map(({ label: part, value }) => ({ part, t: value, percent: shared(value, found(values).total) })),
      draw(width, values) {
        const all = found(values);
        const shares = partners.shares(values.city, all);
        const list = partners.parts(values.city, all).map((part, i) => ({ ...part, value: part.value * MT, share: shares[i] }));
        return charts.bars(width, {
          rows: list,
          unit: words.unit("Mt CO2"),
          label: words.headed(
            label(values),
            list.map((part) => `${part.label} ${format.mt(part.value)}`),
          ),
          shown: (part) => format.short(part.value) + (all.total ? ` (${part.share})` : ""),
        });
      },
    });
    const table = widgets.table({
      id: "flows-table",
      caption: words.say("flows.caption"),
      columns: [
        { key: "name", label: words.say("flows.city"), text: (line) => (line.rank ? widgets.city(line.region) : line.name) },
        {
          ...{ key: "mt", label: words.say("flows.amount"), unit: words.unit("Mt CO2"), number: true, align: true },
          text: (line, decimals) => [format.number(line.mt, decimals), format.ranged(line.low, line.high)],
        },
        { key: "percent", label: words.say("flows.share"), unit: "%", number: true, decimals: 1 },
        ...(data.store.rows.suppliers?.length
          ? [
              {
                key: "chance",
                label: words.say("flows.chance", { count: data.store.intervals.suppliers }),
                meaning: words.say("flows.chance.meaning", { count: data.store.intervals.suppliers }),
                unit: words.say("flows.draws"),
                number: true,
                optional: true,
                text: (line) => (line.chance === null || line.chance === undefined ? "" : chanceOf(line.chance)),
              },
            ]
          : []),
        { key: "province", label: words.say("flows.province") },
      ],
      rows: [],
      sort: "mt",
      row(element, line) {
        if (line.kind) element.dataset.kind = line.kind;
        for (const key of ["origin", "destination"]) if (line[key]) element.dataset[key] = line[key];
        element.dataset.value = line.t;
      },
    });

    /** A probability with its size as a bar, so that it is seen before it is read. */
    const chanceOf = (share) =>
      h("span", { class: "chance", style: `--share: ${format.number(100 * share, 0)}%` }, format.percent(share, 0));

    function drawn(width, values) {
      const all = found(values);
      const list = partners.directed(values.city, values.direction, all.top);
      const other = (flow) => (values.direction === "in" ? flow.origin : flow.destination);
      const ends = new Set(list.map(other));
      const colour = arcs.colour(values.direction);
      const pale = `color-mix(in srgb, ${colour} 28%, var(--ground))`;
      const said = (flow) =>
        words.say("flows.arrow", {
          from: words.place(flow.origin),
          to: words.place(flow.destination),
          value: format.short(flow.value * MT),
        });
      return map.draw(width, {
        label: words.headed(label(values), list.map(said)),
        fill: (code) => (code === values.city ? "var(--ground)" : ends.has(code) ? pale : "var(--land)"),
        entries: [
          { label: words.place(values.city), colour: "var(--ground)" },
          { label: words.say(`flows.key.${values.direction}`), colour: pale },
        ],
        hatched: false,
        lines: (code) => [data.nameOf(code), ...amounts(code, values)],
        near: map.around(values.city, list.map(other), values.view),
        lit: values.city,
        over(svg, place, frame) {
          arcs.draw(svg, place, list, {
            colour,
            lines: (flow) => [said(flow), words.say("flows.of", { share: format.percent(flow.value / all.total) })],
            other,
            pick: (code) => state.set({ city: code }, { push: true }),
          });
          arcs.names(svg, [values.city, ...list.map(other)], place, frame);
        },
      });
    }

    const amounts = (code, { city, direction: side, method }) => {
      const value = side === "in" ? data.flow(code, city, method) : data.flow(city, code, method);
      const values = { city: words.place(city), value: format.short(value * MT) };
      return [value === null ? words.say("flows.unkept") : words.say(`flows.amount.${side}`, values)];
    };
    /** Every flow that the page holds, the largest first, as a file has it; what it keeps only as a sum stands last. */
    const every = (values) => {
      const { all, total } = found(values);
      return all.map(({ code, value }, i) => ({
        rank: code === null ? null : i + 1,
        region: code,
        name: code === null ? words.say("others.rest") : words.place(code),
        province: code === null ? null : words.province(data.region(code)),
        t_co2: value,
        percent: shared(value, total),
      }));
    };

    const element = h(
      "section",
      { class: "block", "aria-label": words.say("flows.head") },
      h(
        "div",
        { class: "controls" },
        turn.element,
        map.has() &&
          widgets.select(
            "view",
            words.say("flows.map"),
            VIEWS.map((view) => [view, words.say(`flows.view.${view}`)]),
          ),
      ),
      text,
      h(
        "div",
        { class: chart ? "pair even" : null },
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
      const known = values.direction === "in" ? partners.chances(values.city, values.method) : null;
      const drawn = (line) => {
        const one = known?.find((entry) => entry.supplier === line.region);
        const ends = estimates.ranged(values.method) && one ? { low: one.mt_low, high: one.mt_high } : {};
        return { ...line, chance: known && (one?.p_supplier ?? 0), ...ends };
      };
      const [own, ...sums] = foot;
      table.update(top.map(drawn), [{ ...own, ...estimates.ends(data.region(values.city), "own_mt", values.method) }, ...sums]);
      chart?.update({ ...values });
      bar.update({ ...values });
    }
    return { element, update };
  }

  return { build };
})();
