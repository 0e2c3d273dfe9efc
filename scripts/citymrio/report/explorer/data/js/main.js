// Tabs, the head of the page, and its start.

const main = (() => {
  const panels = new Map();
  let drawn = false;

  /** What this page is, in a sentence. */
  function sentence() {
    const { run, regions } = data.store;
    const whole = regions.filter((row) => row.kind === "province").length;
    const count = (number, one, many) => `${format.number(number, 0)} ${number === 1 ? one : many}`;
    const provinces = whole
      ? ` and ${count(whole, "province that is not split", "provinces that are not split")} into cities`
      : "";
    const cities = count(regions.length - whole, "city", "cities") + provinces;
    return `Carbon emissions of ${cities} in ${run.year}: where they are emitted, and whose consumption causes them. Estimated from input-output tables.`;
  }

  function head() {
    const { run } = data.store;
    document.querySelector("#header h1").textContent = download.named();
    fill(
      document.getElementById("marks"),
      run.synthetic && h("strong", { class: "mark", id: "synthetic" }, "Synthetic data"),
      h("p", { id: "about" }, run.synthetic && "Names, places and numbers are invented. ", sentence()),
      h("p", { id: "on-paper" }),
    );
    const { left_out: missing = [] } = data.store.about ?? {};
    if (missing.length)
      document
        .getElementById("marks")
        .append(
          h(
            "p",
            { class: "note", id: "left-out" },
            `${missing.length} parts of the data are left out to keep this page small; Method and data names them.`,
          ),
        );
    const methods = beside.others().map(([name]) => [name, beside.label(name)]);
    fill(
      document.getElementById("finder"),
      finder.field({ id: "find", label: "Find a city", pick: (code) => state.set({ city: code, tab: "city" }, { push: true }) }),
      methods.length > 0 && widgets.select("method", "Method", [["main", beside.label("main")], ...methods]),
      methods.length > 0 &&
        h(
          "p",
          { class: "note", id: "method-note", hidden: true },
          "Footprints, emissions, net balances and flows are by this method; all else is by the run's own, or says so.",
        ),
    );
  }

  function tabs(shown) {
    const go = (entry) => {
      state.set({ tab: entry.id }, { push: true });
      document.getElementById(`tab-${entry.id}`).focus();
    };
    const keys = (entry) => (event) => {
      const at = shown.indexOf(entry);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      go(shown[(next + shown.length) % shown.length]);
    };
    const buttons = shown.map((entry) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${entry.id}`,
          "aria-controls": `panel-${entry.id}`,
          onclick: () => go(entry),
          onkeydown: keys(entry),
        },
        entry.title,
      ),
    );
    fill(document.getElementById("tabs"), buttons);
  }

  function show(values, changed) {
    const before = drawn;
    drawn = true;
    tips.hide();
    const note = document.getElementById("method-note");
    if (note) note.hidden = values.method === "main";
    const said = values.method === "main" ? "" : ". What is not known by it is by the run's own method.";
    document.getElementById("on-paper").textContent = `Method: ${beside.label(values.method)}${said}`;
    for (const [id, panel] of panels) {
      const here = id === values.tab;
      const turned = here && panel.root.hidden;
      panel.root.hidden = !here;
      const button = document.getElementById(`tab-${id}`);
      button.setAttribute("aria-selected", String(here));
      button.tabIndex = here ? 0 : -1;
      if (!here) continue;
      panel.update ??= panel.build(panel.root);
      panel.update(values, turned ? [...new Set([...changed, "tab"])] : changed);
    }
    if (before && (changed.includes("tab") || (values.tab === "city" && changed.includes("city")))) arrive(values.tab);
    const { title, about } = panels.get(values.tab);
    const parts = [about?.(values), title, document.querySelector("#header h1").textContent];
    document.title = parts.filter(Boolean).join(" · ");
  }

  /** A reader who came by something else than the tabs (a link, a region of the map) starts at the top of the new screen or city. */
  function arrive(tab) {
    if (document.activeElement?.getAttribute("role") === "tab") return;
    panels.get(tab).root.focus({ preventScroll: true });
    const top = document.getElementById("tabs").getBoundingClientRect().top;
    if (top < 0) scrollBy(0, top);
  }

  async function start() {
    const began = performance.now();
    await data.load();
    const shown = screens.filter((entry) => entry.has());
    const cities = data.store.regions.filter((row) => row.kind !== "province");
    const candidates = cities.length ? cities : data.store.regions;
    const largest = [...candidates].sort((a, b) => (b.cba_mt ?? 0) - (a.cba_mt ?? 0))[0].region;
    const known = (value) => data.store.index.has(value);
    state.declare("city", largest, known, { refusal: widgets.noPlace });
    // A link that names a city and no screen means that city's screen; one that names none of this run, the first.
    const implied = (named) => (known(named.get("city")) ? "city" : shown[0].id);
    state.declare("tab", shown[0].id, (value) => shown.some((entry) => entry.id === value), { implied });
    state.declare("method", "main", (value) => value === "main" || beside.others().some(([name]) => name === value));
    for (const entry of shown) entry.declare?.();
    const body = document.getElementById("main");
    fill(body);
    for (const entry of shown) {
      const root = h("section", {
        id: `panel-${entry.id}`,
        role: "tabpanel",
        "aria-labelledby": `tab-${entry.id}`,
        tabindex: "-1",
        class: "panel",
        hidden: true,
      });
      panels.set(entry.id, { root, build: entry.build, title: entry.title, about: entry.about });
      body.append(root);
    }
    head();
    tabs(shown);
    state.subscribe(show);
    state.read();
    if (!drawn) show(state.get(), []);
    addEventListener("hashchange", state.read);
    addEventListener("popstate", state.read);
    performance.mark("ready");
    return performance.now() - began;
  }

  return { start };
})();

window.explorer = {
  ready: main.start(),
  state,
  data: data.store,
  flow: data.flow,
  flowsInto: data.flowsInto,
  flowsOutOf: data.flowsOutOf,
  scenario: (parameters) => engine.scenario(parameters),
};
