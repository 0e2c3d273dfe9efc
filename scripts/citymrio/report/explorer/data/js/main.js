// Tabs, the head of the page, and its start.

const main = (() => {
  const panels = new Map();
  let drawn = false;

  /** What this page is, in a sentence. */
  function sentence() {
    const { run, regions } = data.store;
    const whole = regions.filter((row) => row.kind === "province").length;
    const counts = { "count.cities": regions.length - whole, "count.provinces": whole };
    const some = Object.entries(counts).filter(([, number]) => number > 0);
    const places = words.list(some.map(([what, number]) => words.count(what, number)));
    return words.say("about", { places, year: run.year });
  }

  function head() {
    const { run, about } = data.store;
    document.querySelector("#header h1").textContent = download.named();
    const missing = about?.left_out ?? [];
    fill(
      document.getElementById("marks"),
      run.synthetic && h("strong", { class: "mark", id: "synthetic" }, words.say("synthetic")),
      h("p", { id: "about" }, run.synthetic && `${words.say("invented")}${words.gap()}`, sentence()),
      h("p", { id: "on-paper" }),
      missing.length > 0 && h("p", { class: "note", id: "left-out" }, words.say("left.out", { count: missing.length })),
    );
    const views = estimates.views();
    const note = { class: "note", id: "method-note", hidden: true };
    fill(
      document.getElementById("finder"),
      finder.field({
        id: "find",
        label: words.say("find"),
        placeholder: words.say("find.hint"),
        pick: (code) => state.set({ city: code, tab: "city" }, { push: true }),
      }),
      views.length > 1 && [widgets.select("method", words.say("method"), views), h("p", note)],
    );
  }

  const titleOf = (entry) => words.known(`tab.${entry.id}`, entry.title);

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
        titleOf(entry),
      ),
    );
    fill(document.getElementById("tabs"), buttons);
  }

  function show(values, changed) {
    const before = drawn;
    drawn = true;
    tips.hide();
    const note = document.getElementById("method-note");
    const key = estimates.source(values.method) === values.method ? "method.note.analysed" : "method.note";
    const said = values.method === "main" ? "" : words.say(key, { method: estimates.label("main") });
    if (note) [note.hidden, note.textContent] = [!said, said];
    document.getElementById("on-paper").textContent = [
      words.headed(words.say("method"), [estimates.label(values.method)]),
      said,
    ].join(words.say("list.stop"));
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
    state.declare(
      "method",
      estimates.first(),
      (value) => value === "main" || estimates.others().some(([name]) => name === value),
    );
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
      panels.set(entry.id, { root, build: entry.build, title: titleOf(entry), about: entry.about });
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
  scenario: (parameters, view) => engine.scenario(parameters, view),
};
