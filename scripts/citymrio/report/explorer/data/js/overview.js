// The first screen: headline numbers, map, production against consumption, all cities.

screen({
  id: "overview",
  title: "Overview",
  build(root) {
    const table = widgets.table({
      caption: "All cities and regions",
      sort: "cba_mt",
      columns: [
        { key: "name", label: "City", text: (row) => widgets.city(row.region) },
        ...["region", "province_name", "quintile", "structure"].map((key) => ({ key, label: key, ...data.column("regions", key) })),
        ...["pba_mt", "cba_mt", "per_capita_t"].map((key) => ({ key, label: key, number: true, ...data.column("regions", key) })),
      ],
      rows: data.store.regions,
    });
    root.append(h("h2", {}, "Overview"), table.element, download.bar("regions", { rows: () => data.store.regions }));
    return () => {};
  },
});
