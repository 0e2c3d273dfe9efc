// Both methods side by side: where their first guesses (priors) make a difference.

const beside = (() => {
  const MT = 1e-6;
  const APART = 0.1;

  /** Whether there is another estimate, the one of another method before all others. */
  const has = () => estimates.others().length > 0;
  const other = () => estimates.whole()[1] ?? estimates.others()[0][0];

  /** What is compared, by the run's method and another, Mt. */
  function rows(code) {
    const by = (view) => {
      const row = data.region(code);
      const found = partners.of(code, "in", view);
      const apart = !found.unknown;
      return [
        ["pba", measures.value(row, "pba_mt", view)],
        ["cba", measures.value(row, "cba_mt", view)],
        ["home", found.home === null ? null : found.home * MT],
        ["province", found.shared && apart ? found.province * MT : null],
        [found.shared ? "provinces" : "regions", apart ? found.elsewhere * MT : null],
      ];
    };
    const there = new Map(by(other()));
    return by("main")
      .map(([key, from]) => ({ key, label: words.say(`beside.${key}`), from, to: there.get(key) ?? null }))
      .filter((row) => row.from !== null && row.to !== null);
  }

  const gap = (row) => Math.abs(row.to - row.from) / (Math.max(Math.abs(row.from), Math.abs(row.to)) || 1);

  /** The same as files have it: methods by their names. */
  const listed = (code) =>
    rows(code).map(({ label, from, to }) => ({
      quantity: label,
      [estimates.label("main")]: from,
      [estimates.label(other())]: to,
    }));

  function finding(code) {
    const most = rows(code).sort((a, b) => gap(b) - gap(a))[0];
    return most && gap(most) > APART
      ? words.say("beside.apart", {
          what: words.say(`beside.what.${most.key}`),
          ...format.ends(...d3.extent([most.from, most.to])),
        })
      : words.say("beside.near");
  }

  function build() {
    const colours = ["#1f7ea3", "#c0622b"];
    const names = () => [estimates.label("main"), estimates.label(other())];
    const chart = charts.figure({
      id: "dumbbell",
      name: "methods_beside",
      title: (values) => finding(values.city),
      unit: () =>
        words.say(estimates.methodOf(other()) ? "beside.methods" : "beside.variant", {
          variant: words.lower(estimates.label(other())),
        }),
      rows: ({ city }) => listed(city),
      draw: (width, values) => {
        const list = rows(values.city);
        return charts.dumbbell(width, {
          rows: list,
          unit: words.unit("Mt CO2"),
          names: names(),
          colours,
          label: words.parts(
            list.map((row) => `${row.label} ${format.short(row.from)}${words.say("list.part")}${format.mt(row.to)}`),
          ),
        });
      },
    });
    return { element: h("section", { class: "block" }, chart.element), update: chart.update };
  }

  return { has, rows, listed, build };
})();
