// One city: the answer in four sentences, then for whom it emits, who emits for it, for what, along which chains, and how it is known.

screen({
  id: "city",
  about: (values) => data.nameOf(values.city),
  declare() {
    state.declare("direction", "in", (value) => ["in", "out"].includes(value));
    state.declare("view", "fit", (value) => ["fit", "near", "country"].includes(value));
  },
  build(root) {
    const [title, place, inside] = [
      h("h2", { id: "city-name" }),
      h("p", { class: "note" }),
      h("p", { class: "prose", id: "inside" }),
    ];
    const blocks = [
      answer.build(),
      ...(ledger.has() ? [ledger.build()] : []),
      flows.build(),
      categories.build(),
      savings.build(),
      ...(data.store.paths ? [chains.build()] : []),
      ...(trend.has() ? [trend.build()] : []),
      ...(accounts.has() ? [accounts.build()] : []),
      ...(beside.has() ? [beside.build()] : []),
      facts.build(),
    ];
    const everything = h(
      "p",
      {},
      h(
        "button",
        { type: "button", class: "more", id: "workbook", onclick: () => book.save(state.get()) },
        words.say("book.button"),
      ),
      " ",
      card.button(),
    );
    const [first, ...rest] = blocks.map((block) => block.element);
    root.append(title, place, inside, first, everything, ...rest);

    return (values) => {
      const row = data.region(values.city);
      fill(title, data.nameOf(values.city));
      fill(
        place,
        [
          words.known(`kind.${row.kind}`, row.kind),
          row.province_name && row.province_name !== row.name && words.say("kind.in", { province: words.province(row) }),
          words.say("kind.code", { code: row.region }),
        ]
          .filter(Boolean)
          .join(" · "),
      );
      fill(inside, finder.inside(row.region));
      for (const block of blocks) block.update({ ...values });
    };
  },
});
