// What causes a city's footprint: categories of final demand, and how its emissions went since.

const categories = (() => {
  const ROLES = ["household", "government", "capital", "stock_changes"];

  /** Whether the page has the categories by the method of a view; those of the run's own stand in for them. */
  const follow = (view) => view === "main" || measures.follows("cba_capital_mt", view);

  function rows(code, view) {
    const row = data.region(code);
    const { demand, demandNames } = data.store.colours;
    const direct = Math.abs(row.cba_mt - row.cba_demand_mt) > 1e-9 * Math.abs(row.cba_mt);
    return [
      ...ROLES.map((role) => [words.known(`demand.${role}`, demandNames[role]), `cba_${role}_mt`, demand[role]]),
      ...(direct ? [[words.say("demand.direct"), "household_direct_mt", "#bdbdb8"]] : []),
    ]
      .map(([label, key, colour]) => {
        const value = measures.value(row, key, view);
        return { label, value, colour, ...(follow(view) ? estimates.ends(row, key, view) : { low: null, high: null }) };
      })
      .filter(({ value }) => value !== null);
  }

  /** Each of them in percent, together 100; blank where the sum is none. */
  function shares(all) {
    const values = all.map((row) => row.value);
    return sum(values) > 0 ? format.parts(values) : values.map(() => "");
  }

  /** The same as files have it: ends where the view has them. */
  const listed = (code, view, amount) =>
    rows(code, view).map(({ label, value, low, high }) => ({
      category: label,
      [amount]: value,
      ...(estimates.ranged(view) && { [`${amount}_low`]: low, [`${amount}_high`]: high }),
    }));

  function build() {
    return charts.figure({
      id: "categories",
      name: "footprint_by_category",
      title({ city, method }) {
        const all = rows(city, method);
        const most = d3.maxIndex(all, (row) => row.value);
        const share = shares(all)[most];
        if (!share) return words.say("categories.title.plain", { city: words.place(city) });
        return words.say("categories.title", { city: words.place(city), category: all[most].label, share });
      },
      unit: words.say("categories.unit"),
      note: ({ method }) => (follow(method) ? answer.ranges(method) : estimates.note(method)),
      follows: ({ method }) => follow(method),
      rows: ({ city, method }) => listed(city, method, "mt"),
      draw(width, { city, method }) {
        const found = rows(city, method);
        const each = shares(found);
        const all = found.map((row, i) => ({ ...row, share: each[i] && words.say("list.part") + each[i] }));
        const range = ({ low, high }) => (low || high ? words.say("brackets", { text: format.interval(low, high) }) : "");
        return charts.bars(width, {
          rows: all,
          label: words.headed(
            words.say("categories.unit"),
            all.map((row) => `${row.label} ${format.short(row.value)}${range(row)}`),
          ),
          unit: words.unit("Mt CO2"),
          shown: (row) => `${format.short(row.value)}${range(row)}${row.share}`,
        });
      },
    });
  }

  return { build, rows, listed, follow };
})();

/** Emissions of a city by year, as its statistics have them; where the run has the table. */
const trend = (() => {
  const has = () => Boolean(data.store.rows.emissions_trends?.length);
  const of = (code) => data.store.rows.emissions_trends?.find((row) => row.region === code);

  /** What the statistics of a city say for the year of the run, Mt, and what of it the estimate has; null where the page has none. */
  function printed(row, view) {
    const own = of(row.region)?.[`emissions_${data.store.run.year}_mt`] ?? null;
    if (own === null) return null;
    const [value, estimated] = [format.short(own), measures.value(row, "pba_mt", view)];
    const as = (amount) => format.short(amount) === value;
    const households = measures.value(row, "household_direct_mt", view) ?? 0;
    return { value, has: as(estimated) ? "all" : as(estimated + households) ? "households" : "scaled" };
  }

  /** Years that a chart of rows of a width names: whole ones. */
  const years = (all, width) => d3.ticks(...d3.extent(all, (row) => row.year), charts.ticks(width)).filter(Number.isInteger);

  const rows = (code) =>
    Object.entries(of(code) ?? {})
      .map(([key, value]) => [key.match(/^emissions_(\d+)_mt$/)?.[1], value])
      .filter(([year, value]) => year && value !== null)
      .map(([year, value]) => ({ year: Number(year), mt: value }));

  function build() {
    const chart = charts.figure({
      id: "trend",
      name: "emissions_by_year",
      title({ city }) {
        const all = rows(city);
        const [first, last] = [all[0], all.at(-1)];
        if (all.length < 2) return "";
        const change = (100 * (last.mt - first.mt)) / first.mt;
        const key = Math.abs(change) < 1 ? "trend.same" : change > 0 ? "trend.up" : "trend.down";
        return words.say(key, {
          city: words.place(city),
          first: first.year,
          last: last.year,
          percent: format.number(Math.abs(change), 0),
        });
      },
      unit: words.say("trend.unit"),
      note({ city, method }) {
        const { has = "all" } = printed(data.region(city), method) ?? {};
        const amount = format.short(measures.value(data.region(city), "pba_mt", method));
        return has === "all" ? "" : words.say(`trend.${has}`, { year: data.store.run.year, amount });
      },
      rows: ({ city }) => rows(city),
      draw: (width, { city }) =>
        charts.plot(
          words.headed(
            words.say("trend.unit"),
            rows(city).map((row) => `${row.year} ${format.short(row.mt)}`),
          ),
          {
            width: Math.min(width, 620),
            height: 170,
            marginLeft: 44,
            x: { label: null, tickFormat: "d", ticks: years(rows(city), Math.min(width, 620)) },
            y: { label: words.unit("Mt CO2"), zero: true, grid: true, ticks: 4, labelArrow: "none" },
            marks: [
              Plot.ruleY([0]),
              Plot.line(rows(city), { x: "year", y: "mt", stroke: "#1f7ea3", strokeWidth: 2 }),
              Plot.dot(rows(city), { x: "year", y: "mt", fill: "#1f7ea3", r: 3.5 }),
            ],
          },
        ),
    });
    const element = h("section", { class: "block" }, chart.element);
    function update(values) {
      element.hidden = rows(values.city).length < 2;
      chart.update(values);
    }
    return { element, update };
  }

  return { has, printed, years, build };
})();
