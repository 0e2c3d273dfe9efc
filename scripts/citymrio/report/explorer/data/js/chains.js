// The largest supply chains behind a city's footprint, and how far back in the chain it is emitted.

const chains = (() => {
  const MT = 1e-6;

  /** The block of a view: as analysed by its method where the page has that, else the run's own. */
  const paths = (view) => data.store.analysed?.[view]?.paths ?? data.store.paths;
  const own = (view) => paths(view) !== data.store.paths || view === "main";

  const sector = (k) => words.name(data.store.paths.sectors[k]);
  const region = (k) => words.name(data.store.regions[k]);

  /** A chain in words: "Electricity in Tangshan → Iron and steel in Tangshan → Construction bought in Beijing". */
  function route(steps, code) {
    const [place, product] = steps.at(-1);
    const own = data.store.codes[place] === code;
    const bought = words.say(own ? "chain.bought.own" : "chain.bought", {
      product: sector(product),
      place: region(place),
      buyer: words.place(code),
    });
    return [
      ...steps.slice(0, -1).map(([where, what]) => words.say("chain.step", { sector: sector(what), place: region(where) })),
      bought,
    ].join(" → ");
  }

  function rows(code, view) {
    const { chains: found } = paths(view).regions[code];
    const top = found.map((chain, i) => ({
      rank: i + 1,
      route: route(chain.steps, code),
      mt: chain.t * MT,
      percent: 100 * chain.share,
    }));
    const first = found.find((chain) => chain.share);
    const total = first ? first.t / first.share : 0;
    const rest = total - sum(found.map((chain) => chain.t));
    return {
      top,
      foot: [
        { route: words.say("chain.others"), mt: rest * MT, percent: total ? (100 * rest) / total : null },
        { route: words.say("sum"), mt: total * MT, percent: total ? 100 : null },
      ],
    };
  }

  function build() {
    const table = widgets.table({
      id: "chains-table",
      caption: words.say("chain.caption"),
      columns: [
        { key: "rank", label: words.say("rank"), number: true, decimals: 0 },
        { key: "route", label: words.say("chain.route") },
        { key: "mt", label: words.say("chain.emitted"), unit: words.unit("Mt CO2"), number: true, align: true },
        { key: "percent", label: words.say("save.share"), unit: "%", number: true, decimals: 2 },
      ],
      rows: [],
      sort: "rank",
      descending: false,
    });
    const layers = ({ city: code, method }) => {
      const shares = paths(method).regions[code]?.layers ?? [];
      return shares.map((share, k) => ({
        label: k === shares.length - 1 ? words.say("layer.rest") : words.known(`layer.${k}`, words.say("layer.back", { k })),
        value: 100 * share,
        colour: "#6d8f99",
      }));
    };
    const chart = charts.figure({
      level: 4,
      id: "layers",
      name: "production_layers",
      follows: ({ method }) => own(method),
      title(values) {
        const [first] = layers(values);
        return first ? words.say("layer.title", { share: format.number(first.value, 0) }) : "";
      },
      unit: words.say("layer.unit"),
      rows: (values) => layers(values).map(({ label, value }) => ({ layer: label, percent: value })),
      draw: (width, values) => {
        const list = layers(values);
        return list.length
          ? charts.bars(width, {
              rows: list,
              unit: "%",
              label: words.headed(
                words.say("layer.unit"),
                list.map((row) => `${row.label} ${format.number(row.value, 1)}%`),
              ),
              shown: (row) => `${format.number(row.value, 1)}%`,
            })
          : null;
      },
    });
    const { searched } = data.store.paths;
    const few = searched < data.store.codes.length;
    const none = h("p", { class: "note" }, few ? words.say("chain.few", { searched }) : words.say("chain.none"));
    const file = () => rows(state.get().city, state.get().method).top;
    const held = h(
      "div",
      { class: "pair" },
      h("div", {}, table.element, download.bar("supply_chains", { rows: file, follows: () => own(state.get().method) })),
      chart.element,
    );
    const [head, note] = [h("h3", { id: "chains-head" }), h("p", { class: "note" })];
    const element = h("section", { class: "block", "aria-labelledby": "chains-head" }, head, note, none, held);
    function update(values) {
      const found = paths(values.method).regions[values.city]?.chains ?? [];
      const [largest] = found;
      const has = found.length > 0;
      fill(
        head,
        largest
          ? words.say("chain.title", { share: format.percent(largest.share), route: route(largest.steps, values.city) })
          : words.say("chain.plain"),
      );
      fill(note, own(values.method) ? "" : estimates.note(values.method));
      none.hidden = has;
      held.hidden = !has;
      if (!has) return;
      const { top, foot } = rows(values.city, values.method);
      table.update(top, foot);
      chart.update({ ...values });
    }
    return { element, update };
  }

  return { build, rows, paths };
})();
