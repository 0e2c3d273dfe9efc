// One city.

screen({
  id: "city",
  title: "City",
  build(root) {
    const title = h("h2");
    const facts = h("p");
    root.append(title, facts);
    return (values) => {
      const row = data.region(values.city);
      fill(title, data.nameOf(values.city));
      fill(facts, `${format.short(row.cba_mt)} Mt CO2 for its consumption, ${format.short(row.pba_mt)} Mt from its production.`);
    };
  },
});
