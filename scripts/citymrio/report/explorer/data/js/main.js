// Tabs, the finder of cities, and the start of the page.

const main = (() => {
  const panels = new Map();

  /** The finder: Latin name, local name or code. */
  function finder() {
    const label = (code) => `${data.nameOf(code)} · ${code}`;
    const codes = new Map(data.store.codes.map((code) => [label(code), code]));
    const input = h("input", {
      id: "find",
      type: "search",
      list: "cities",
      placeholder: "Name or code",
      autocomplete: "off",
      onchange: () => {
        const text = input.value.trim();
        const found = codes.get(text) ?? data.store.codes.find((code) => matches(code, text));
        if (found) state.set({ city: found, tab: "city" }, { push: true });
        else announce(`No city is called ${text}.`);
      },
    });
    const matches = (code, text) => {
      const row = data.region(code);
      return [code, row.name, row.name_local].some((name) => name && String(name).toLowerCase() === text.toLowerCase());
    };
    const options = [...codes.keys()].map((text) => h("option", { value: text }));
    return [h("label", { for: "find" }, "Find a city"), input, h("datalist", { id: "cities" }, options)];
  }

  function tabs(shown) {
    const buttons = shown.map((entry) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${entry.id}`,
          "aria-controls": `panel-${entry.id}`,
          onclick: () => state.set({ tab: entry.id }, { push: true }),
          onkeydown: (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (!step) return;
            const next = shown[(shown.indexOf(entry) + step + shown.length) % shown.length];
            state.set({ tab: next.id });
            document.getElementById(`tab-${next.id}`).focus();
          },
        },
        entry.title,
      ),
    );
    fill(document.getElementById("tabs"), buttons);
  }

  function show(values, changed) {
    for (const [id, panel] of panels) {
      const here = id === values.tab;
      panel.root.hidden = !here;
      const button = document.getElementById(`tab-${id}`);
      button.setAttribute("aria-selected", String(here));
      button.tabIndex = here ? 0 : -1;
      if (here) {
        panel.update ??= panel.build(panel.root);
        panel.update(values, changed);
      }
    }
  }

  async function start() {
    const began = performance.now();
    await data.load();
    const shown = screens.filter((entry) => entry.has());
    state.declare("tab", shown[0].id, (value) => shown.some((entry) => entry.id === value));
    const largest = [...data.store.regions].sort((a, b) => (b.cba_mt ?? 0) - (a.cba_mt ?? 0))[0].region;
    state.declare("city", largest, (value) => data.store.index.has(value));
    for (const entry of shown) entry.declare?.();
    const body = document.getElementById("main");
    fill(body);
    for (const entry of shown) {
      const root = h("section", { id: `panel-${entry.id}`, role: "tabpanel", "aria-labelledby": `tab-${entry.id}`, class: "panel" });
      panels.set(entry.id, { root, build: entry.build });
      body.append(root);
    }
    tabs(shown);
    fill(document.getElementById("finder"), finder());
    if (data.store.run.synthetic) {
      fill(document.getElementById("marks"), h("strong", { class: "mark" }, "Synthetic data"));
    }
    state.subscribe(show);
    if (!location.hash) show(state.get(), []);
    else {
      state.read();
      show(state.get(), []);
    }
    addEventListener("hashchange", state.read);
    addEventListener("popstate", state.read);
    return performance.now() - began;
  }

  return { start };
})();

window.explorer = { ready: main.start(), state, data: data.store };
