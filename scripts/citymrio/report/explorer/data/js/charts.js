// Charts: a figure with title, unit, downloads, drawn again when its width changes; the bars, points and pairs that screens use.

const charts = (() => {
  const FONT = { fontSize: "12px", fontFamily: 'system-ui, "Liberation Sans", "Noto Sans CJK SC", Arial, sans-serif' };

  /**
   * A figure. draw(width, state) returns an SVG or null (nothing to draw, `empty` says why); rows(state) are its numbers;
   * `title(state)`, `unit` and `note(state)` stand above it, `hint` too but not on paper; `follows(state)`: its numbers
   * are by the method that is chosen; `level` is that of its heading. Returns
   * {element, update(state)}.
   */
  function figure({
    id,
    name = id,
    level = 3,
    title,
    unit = "",
    note = null,
    hint = "",
    follows = () => false,
    draw,
    rows = null,
    empty = words.say("chart.empty"),
  }) {
    const [head, below, plot] = [
      h(`h${level}`, { id: `${id}-title` }),
      h("p", { class: "note" }),
      h("div", { class: "plot", id }),
    ];
    let [given, drawn, svg] = [null, 0, null];
    const said = (what) => (typeof what === "function" ? what(given) : what);

    function redraw() {
      const width = Math.floor(plot.clientWidth);
      if (!width || given === null) return;
      drawn = width;
      svg = draw(width, given);
      fill(plot, svg ?? h("p", { class: "note" }, said(empty)));
    }
    new ResizeObserver(() => {
      if (Math.abs(plot.clientWidth - drawn) > 1) redraw();
    }).observe(plot);

    const bar = download.bar(name, {
      svg: () => svg,
      rows: rows && (() => rows(given)),
      title: () => [said(title), said(unit)].filter(Boolean).join(words.say("list.part")),
      note: () => said(note),
      follows: () => follows(given),
    });
    for (const [event, width] of [
      ["beforeprint", "printing"],
      ["afterprint", ""],
    ]) {
      addEventListener(event, () => {
        document.body.className = width;
        redraw();
      });
    }
    const helped = hint && h("p", { class: "note for-screen" }, hint);
    const element = h("figure", { class: "figure" }, h("figcaption", {}, head, below, helped), plot, bar);
    function update(state) {
      given = state;
      fill(head, said(title));
      fill(below, [said(unit), said(note)].filter(Boolean).join(words.say("list.stop")));
      redraw();
    }
    return { element, update };
  }

  /** A picture of Observable Plot with what readers of the screen are told. */
  function plot(label, options) {
    const svg = Plot.plot({ style: { ...FONT, overflow: "visible" }, ...options });
    for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label"); // names of marks, not for readers
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    svg.classList.add("chart");
    return svg;
  }

  /** Labels of lines: at the left where there is room, above each line on a narrow screen; `ends` is the room for values at the ends. */
  function labelled(width, labels, ends = 0) {
    const widest = Math.ceil(Math.max(...labels.map(map.wide))) + 14;
    const above = widest > 0.42 * width || widest + ends > 0.8 * width;
    return {
      above,
      left: above ? 4 : widest,
      line: above ? 44 : 28,
      y: { domain: labels, label: null, tickSize: 0, axis: above ? null : "left" },
      marks: above
        ? [Plot.text(labels, { y: (label) => label, text: (label) => label, frameAnchor: "left", dy: -15, textAnchor: "start" })]
        : [],
    };
  }

  /** From the smallest to the largest value, 0 among them. */
  const reach = (values) => [Math.min(0, d3.min(values)), Math.max(0, d3.max(values)) || (d3.min(values) < 0 ? 0 : 1)];

  /** About how many ticks fit into a width. */
  const ticks = (width) => Math.max(2, Math.min(8, width / 80));

  /** Room at the right of bars for what stands beside them. */
  const margin = (rows, shown) => Math.ceil(Math.max(4, ...rows.map((row) => map.wide(shown(row))))) + 10;

  /** Where it stands: behind the end of a bar; of one that goes to the left at nought, where no other bar is. */
  const behind = { x: (row) => Math.max(0, row.value), dx: 4, textAnchor: "start" };

  /** Horizontal bars with their values beside them: rows [{label, value, colour}]; negative values go to the left. */
  function bars(width, { rows, label, unit, shown = (row) => format.short(row.value) }) {
    const room = margin(rows, shown);
    const lines = labelled(
      width,
      rows.map((row) => row.label),
      room,
    );
    const inset = lines.above ? { insetTop: 17, insetBottom: 4 } : { insetTop: 4, insetBottom: 4 };
    return plot(label, {
      width,
      height: 40 + lines.line * rows.length,
      marginLeft: lines.left,
      marginRight: 8,
      marginBottom: 36,
      marginTop: 2,
      x: {
        label: unit,
        domain: reach(rows.map((row) => row.value)),
        insetRight: room,
        ticks: ticks(width - lines.left - room),
        grid: true,
        labelArrow: "none",
      },
      y: { ...lines.y, padding: 0 },
      marks: [
        Plot.barX(rows, { x: "value", y: "label", fill: "colour", ...inset }),
        Plot.ruleX([0]),
        Plot.text(rows, { ...behind, y: "label", text: shown, dy: lines.above ? 6 : 0 }),
        ...lines.marks,
      ],
    });
  }

  /** Production against consumption of every region, both axes logarithmic and alike, with the line where they are equal. */
  function scatter(width, { rows, x, y, colour, labels, title, threshold, lines, pick, first }) {
    const known = rows.filter((row) => x(row) > 0 && y(row) > 0);
    if (!known.length) return null;
    const all = known.flatMap((row) => [x(row), y(row)]);
    const domain = [d3.min(all) / 1.3, d3.max(all) * 1.3];
    const size = Math.min(width, 560);
    const scale = (label) => ({
      type: "log",
      domain,
      label,
      ticks: 5,
      tickFormat: (tick) => format.number(tick),
      grid: true,
      labelArrow: "none",
    });
    const svg = plot(title, {
      width: size,
      height: size,
      marginLeft: 52,
      marginBottom: 42,
      x: scale(labels[0]),
      y: scale(labels[1]),
      marks: [
        Plot.line(
          [
            [domain[0], domain[0]],
            [domain[1], domain[1]],
          ],
          { stroke: "#777", strokeDasharray: "4 3" },
        ),
        threshold && threshold < domain[1] && Plot.ruleX([threshold], { stroke: "#a05000", strokeOpacity: 0.7 }),
        threshold && threshold < domain[1] && Plot.ruleY([threshold], { stroke: "#a05000", strokeOpacity: 0.7 }),
        Plot.dot(known, { x, y, fill: colour, r: 4, stroke: "#333", strokeWidth: 0.5, className: "points" }),
      ].filter(Boolean),
    });
    svg.setAttribute("role", "group");
    svg.classList.add("linked");
    const dots = new Map();
    for (const circle of svg.querySelectorAll(".points circle, circle")) {
      const row = known[circle.__data__];
      circle.setAttribute("data-region", row.region);
      tips.attach(circle, () => lines(row.region), row.region);
      dots.set(row.region, circle);
    }
    svg.light = (code) => {
      for (const circle of dots.values()) circle.classList.remove("lit");
      const circle = dots.get(code);
      circle?.classList.add("lit");
      if (circle && document.activeElement !== circle && !circle.matches(":hover")) circle.parentNode.append(circle);
    };
    const marks = [...dots].map(([code, element]) => ({
      code,
      element,
      x: Number(element.getAttribute("cx")),
      y: Number(element.getAttribute("cy")),
      label: lines(code).join(words.say("list.part")),
    }));
    tips.roving(marks, pick, first);
    return svg;
  }

  /** Pairs of values on one line each: rows [{label, from, to}], two colours and names. */
  function dumbbell(width, { rows, label, unit, names, colours }) {
    const lines = labelled(
      width,
      rows.map((row) => row.label),
    );
    const ends = rows.flatMap(({ label: line, from, to }) => [
      { line, value: from, name: names[0] },
      { line, value: to, name: names[1] },
    ]);
    const svg = plot(label, {
      width,
      height: 44 + lines.line * rows.length,
      marginLeft: lines.left,
      marginRight: 24,
      marginBottom: 36,
      marginTop: 4,
      x: { label: unit, zero: true, nice: true, ticks: ticks(width - lines.left), grid: true, labelArrow: "none" },
      y: { ...lines.y, type: "band", padding: 0 },
      symbol: { domain: names, range: ["circle", "square"] },
      marks: [
        Plot.link(rows, {
          x1: "from",
          x2: "to",
          y1: "label",
          y2: "label",
          stroke: "#888",
          strokeWidth: 2,
          dy: lines.above ? 6 : 0,
        }),
        Plot.dot(ends, {
          x: "value",
          y: "line",
          fill: (end) => colours[names.indexOf(end.name)],
          symbol: "name",
          r: 6,
          dy: lines.above ? 6 : 0,
        }),
        ...lines.marks,
      ],
    });
    return under(
      svg,
      names.map((name, i) => ({ label: name, colour: colours[i] })),
      width,
    );
  }

  /** Sums beside each other, each in its parts: bars [[label, key]], rows [{label, colour, [key]: value or null}], with the key below. */
  function stacked(width, { bars: lines, rows, unit, label }) {
    const all = labelled(
      width,
      lines.map(([name]) => name),
    );
    const marks = lines.flatMap(([bar, key]) =>
      rows.flatMap((row) => (row[key] ? [{ bar, part: row.label, value: row[key], colour: row.colour }] : [])),
    );
    const most = Math.max(...lines.map(([, key]) => sum(rows.map((row) => Math.abs(row[key] ?? 0)))));
    const room = (mark) => ((width - all.left - 20) * Math.abs(mark.value)) / most;
    const inside = (mark) => (map.wide(format.short(mark.value)) + 8 < room(mark) ? format.short(mark.value) : "");
    const inset = all.above ? { insetTop: 17, insetBottom: 4 } : { insetTop: 4, insetBottom: 4 };
    const place = { x: "value", y: "bar", z: "part" };
    const svg = plot(label, {
      width,
      height: 44 + 1.3 * all.line * lines.length,
      marginLeft: all.left,
      marginRight: 14,
      marginBottom: 36,
      marginTop: 2,
      x: { label: unit, ticks: ticks(width - all.left), grid: true, labelArrow: "none" },
      y: { ...all.y, padding: 0 },
      marks: [
        Plot.barX(marks, Plot.stackX({ ...place, fill: "colour", stroke: "var(--ground)", ...inset })),
        Plot.ruleX([0]),
        Plot.text(
          marks,
          Plot.stackX({
            ...place,
            text: inside,
            fill: (mark) => (d3.lab(mark.colour).l > 60 ? "#000" : "#fff"),
            dy: all.above ? 6 : 0,
          }),
        ),
        ...all.marks,
      ],
    });
    return under(
      svg,
      rows.filter((row) => lines.some(([, key]) => row[key])),
      width,
    );
  }

  /** A picture with the names of its colours below it, so that a file of it has them too. */
  function under(svg, entries, width) {
    const [key, height] = [map.legend(entries, width), Number(svg.getAttribute("height"))];
    key.group.setAttribute("transform", `translate(0 ${height + 4})`);
    svg.setAttribute("height", height + key.height + 4);
    svg.setAttribute("viewBox", `0 0 ${width} ${height + key.height + 4}`);
    svg.append(key.group);
    return svg;
  }

  /** The names of colours, for charts whose marks do not carry them. */
  const key = (entries) =>
    h(
      "ul",
      { class: "key" },
      entries.map(({ colour, label, round }) => h("li", {}, swatch(colour, round), label)),
    );
  function swatch(colour, round = false) {
    const svg = map.svgns("svg", { width: 14, height: 12, class: "swatch", "aria-hidden": "true" });
    svg.append(
      round
        ? map.svgns("circle", { cx: 7, cy: 6, r: 5.5, fill: colour })
        : map.svgns("rect", { width: 14, height: 12, fill: colour }),
    );
    return svg;
  }

  return { figure, plot, reach, ticks, margin, behind, bars, scatter, dumbbell, stacked, key, swatch };
})();
