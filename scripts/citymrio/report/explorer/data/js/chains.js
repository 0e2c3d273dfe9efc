// The largest supply chains behind a city's footprint, and how far back in the chain it is emitted.

const chains = (() => {
  const MT = 1e-6;
  const LAYERS = ["makers of what is bought", "their suppliers", "suppliers of those"];

  const sector = (k) => data.store.paths.sectors[k]?.name ?? `sector ${k}`;
  const region = (k) => data.store.regions[k]?.name ?? `region ${k}`;

  /** A chain in words: "Electricity in Tangshan → Iron and steel in Tangshan → Construction bought in Beijing". */
  function route(steps, code) {
    const [place, product] = steps.at(-1);
    const buyer = data.region(code).name;
    const bought =
      data.store.codes[place] === code
        ? `${sector(product)} bought in ${buyer}`
        : `${sector(product)} of ${region(place)}, bought in ${buyer}`;
    return [...steps.slice(0, -1).map(([where, what]) => `${sector(what)} in ${region(where)}`), bought].join(" → ");
  }

  function rows(code) {
    const { chains: found } = data.store.paths.regions[code];
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
        { route: "All other chains", mt: rest * MT, percent: total ? (100 * rest) / total : null },
        { route: "Total", mt: total * MT, percent: total ? 100 : null },
      ],
    };
  }

  function build() {
    const table = widgets.table({
      id: "chains-table",
      caption: "The largest supply chains, from the sector that emits to the product that is bought",
      columns: [
        { key: "rank", label: "Rank", number: true, decimals: 0 },
        { key: "route", label: "Route" },
        { key: "mt", label: "Emitted", unit: "Mt CO2", number: true, align: true },
        { key: "percent", label: "Share of footprint", unit: "%", number: true, decimals: 2 },
      ],
      rows: [],
      sort: "rank",
      descending: false,
    });
    const layers = (code) => {
      const shares = data.store.paths.regions[code]?.layers ?? [];
      return shares.map((share, k) => ({
        label: k === shares.length - 1 ? "further back" : `${k}: ${LAYERS[k] ?? "one step further back"}`,
        value: 100 * share,
        colour: "#6d8f99",
      }));
    };
    const chart = charts.figure({
      level: 4,
      id: "layers",
      name: "production_layers",
      title: "How far back in the chain it is emitted",
      unit: "% of the footprint, by number of deliveries before the purchase",
      rows: (values) => layers(values.city).map(({ label, value }) => ({ layer: label, percent: value })),
      draw: (width, values) => {
        const list = layers(values.city);
        return list.length
          ? charts.bars(width, {
              rows: list,
              unit: "% of the footprint",
              label: `Production layers: ${list.map((row) => `${row.label} ${format.number(row.value, 1)}%`).join("; ")}`,
              shown: (row) => `${format.number(row.value, 1)}%`,
            })
          : null;
      },
    });
    const { searched } = data.store.paths;
    const few = searched < data.store.codes.length;
    const none = h(
      "p",
      { class: "note" },
      few
        ? `Supply chains were searched for the ${searched} places with the largest footprints only.`
        : "This place has no supply chains.",
    );
    const held = h(
      "div",
      { class: "pair" },
      h("div", {}, table.element, download.bar("supply_chains", { rows: () => rows(state.get().city).top })),
      chart.element,
    );
    const element = h(
      "section",
      { class: "block", "aria-labelledby": "chains-head" },
      h("h3", { id: "chains-head" }, "Supply chains"),
      h("p", { class: "note" }, "By the run's own method."),
      none,
      held,
    );
    function update(values) {
      const has = Boolean(data.store.paths.regions[values.city]?.chains.length);
      none.hidden = has;
      held.hidden = !has;
      if (!has) return;
      const { top, foot } = rows(values.city);
      table.update(top, foot);
      chart.update({ ...values });
    }
    return { element, update };
  }

  return { build, route };
})();
