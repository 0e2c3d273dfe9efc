// Other stressors than CO2: production, consumption and what trade embodies, each in its own unit.

const accounts = (() => {
  const AMOUNTS = ["pba", "cba", "outflow", "inflow", "household"];
  const CARBON = "CO2";

  const others = () => (data.store.rows.stressors ?? []).filter((row) => row.stressor !== CARBON);
  const has = () => others().length > 0;

  /** The rows of a city: {stressor, unit, pba, cba, outflow, inflow, household, status, split_status}. */
  const rows = (code) => others().filter((row) => row.region === code);

  /** How a row is known: its total, and its split over sectors where that is another word. */
  function known(row) {
    const said = (status) => words.known(`status.${status}`, status);
    return row.split_status === row.status
      ? said(row.status)
      : words.say("accounts.known", { total: said(row.status), split: said(row.split_status) });
  }

  function build() {
    const amount = (key) => ({
      key,
      label: words.say(`accounts.${key}`),
      number: true,
      meaning: data.column("stressors", key).meaning,
    });
    const table = widgets.table({
      id: "accounts-table",
      caption: words.say("accounts.caption"),
      columns: [
        { key: "stressor", label: words.say("accounts.stressor") },
        { key: "unit", label: words.say("accounts.unit") },
        ...AMOUNTS.map(amount),
        { key: "status", label: words.say("accounts.status"), text: known },
      ],
      rows: [],
    });
    const note = h("p", { class: "note" }, words.say(data.store.intervals ? "accounts.no.range" : "accounts.by.main"));
    return {
      element: h("section", { class: "block" }, h("h3", {}, words.say("accounts.title")), table.element, note),
      update: ({ city }) => table.update(rows(city)),
    };
  }

  return { has, rows, known, build };
})();
