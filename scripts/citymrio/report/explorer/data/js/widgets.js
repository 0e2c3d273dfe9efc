// Controls that several screens use. A control is bound to a choice of state.js.

const widgets = (() => {
  /** A list to choose from: options are [value, label]. */
  function select(name, label, options) {
    const control = h(
      "select",
      { id: `choose-${name}`, onchange: (event) => state.set({ [name]: typed(name, event.target.value) }) },
      options.map(([value, text]) => h("option", { value }, text)),
    );
    const show = (values) => {
      control.value = String(values[name]);
    };
    state.subscribe(show);
    show(state.get());
    return h("label", { class: "control" }, h("span", {}, label), control);
  }

  const typed = (name, text) => (typeof state.get()[name] === "number" ? Number(text) : text);

  /** A link to a city's screen. */
  const city = (code) =>
    h(
      "a",
      {
        href: `#city=${encodeURIComponent(code)}&tab=city`,
        onclick: (event) => {
          event.preventDefault();
          state.set({ city: code, tab: "city" }, { push: true });
        },
      },
      data.nameOf(code),
    );

  /** What a place that is not there is called, where an address asks for it. */
  const noPlace = (code) => words.say("refused.place", { code });

  return { select, city, noPlace };
})();
