// Arcs over the map: from the place that emits to the place that consumes, as wide as the flow is large, with an arrowhead.

const arcs = (() => {
  const [WIDEST, THINNEST, BEND, GAP] = [10, 1.2, 0.22, 9];

  /** A curve from one point to another, bent to its left; it ends a little before the second, so that arrowheads do not pile up. */
  function curve([x1, y1], [x2, y2]) {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const control = [(x1 + x2) / 2 + BEND * dy, (y1 + y2) / 2 - BEND * dx];
    const way = Math.hypot(x2 - control[0], y2 - control[1]) || 1;
    const short = Math.min(GAP, 0.25 * way) / way;
    const end = [x2 - short * (x2 - control[0]), y2 - short * (y2 - control[1])];
    return { start: [x1, y1], control, end, length: Math.hypot(dx, dy) };
  }

  const at = ({ start, control, end }, t) =>
    [0, 1].map((k) => (1 - t) ** 2 * start[k] + 2 * t * (1 - t) * control[k] + t ** 2 * end[k]);

  /** The part of a curve up to a share of its way (de Casteljau). */
  function upTo(bow, t) {
    const control = [0, 1].map((k) => bow.start[k] + t * (bow.control[k] - bow.start[k]));
    return `M${bow.start.join(",")}Q${control.join(",")} ${at(bow, t).join(",")}`;
  }

  /** A triangle whose point lies at a share of the way of a curve. */
  function triangle(bow, share, size, colour, name) {
    const tip = at(bow, share);
    const base = at(bow, Math.max(0, share - size / Math.max(bow.length, 1.05 * size)));
    const way = Math.hypot(tip[0] - base[0], tip[1] - base[1]) || 1;
    const [ux, uy] = [(tip[0] - base[0]) / way, (tip[1] - base[1]) / way];
    const back = [tip[0] - size * ux, tip[1] - size * uy];
    const corners = [
      tip,
      [back[0] - (size / 2) * uy, back[1] + (size / 2) * ux],
      [back[0] + (size / 2) * uy, back[1] - (size / 2) * ux],
    ];
    const d = `M${corners.map((corner) => corner.map((one) => one.toFixed(1)).join(",")).join("L")}Z`;
    return map.svgns("path", { d, fill: colour, stroke: "#fff", "stroke-width": 0.7, class: name });
  }

  /** One flow: a line from the emitter, a head whose point lies at the consumer, and a smaller one half way. */
  function arc({ origin, destination, value }, place, width, colour) {
    const [from, to] = [place(origin), place(destination)];
    if (!from || !to) return null;
    const bow = curve(from, to);
    const size = Math.min(Math.max(10, 2.1 * width), Math.max(5, 0.6 * bow.length));
    const group = map.svgns("g", { class: "arc", "data-origin": origin, "data-destination": destination, "data-value": value });
    group.append(
      map.svgns("circle", { cx: from[0], cy: from[1], r: Math.max(2.5, width / 2), fill: colour }),
      map.svgns("path", {
        d: upTo(bow, Math.max(0, 1 - size / Math.max(bow.length, 1.05 * size))),
        fill: "none",
        stroke: colour,
        "stroke-width": width,
        class: "shaft",
      }),
      triangle(bow, 1, size, colour, "head"),
    );
    if (bow.length > 60) group.append(triangle(bow, 0.55, Math.max(8, 1.8 * width), colour, "half"));
    return group;
  }

  /** Names beside the places of flows, those of the largest first; a name that would cover another is left out (the table has all). */
  function names(svg, codes, place, frame) {
    const taken = [];
    for (const code of codes) {
      const point = place(code);
      if (!point) continue;
      const name = words.place(code);
      const [x, y, width] = [point[0] + 7, point[1] - 9, 1.08 * map.wide(name)];
      if (point.some((at, k) => at < 0 || at > (k ? frame.height : frame.width))) continue;
      const left = x + width > frame.width ? x - width - 14 : x;
      const box = [left - 2, y - 12, left + width + 2, y + 4];
      if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      svg.append(map.text(name, left, y, { class: "place" }));
    }
  }

  /**
   * Arcs of flows [{origin, destination, value}], the largest first; the thin ones are drawn last, so that they stay in sight.
   * Flows that are not above 0 have no arc. `lines(flow)` says what one is, `pick(code)` opens the other city, `other(flow)`.
   */
  function draw(svg, place, flows, { colour: ink, lines, other, pick }) {
    const drawn = flows.filter((flow) => flow.value > 0 && flow.origin !== flow.destination);
    const most = d3.max(drawn, (flow) => flow.value);
    const marks = [];
    for (const flow of drawn) {
      const element = arc(flow, place, Math.max(THINNEST, (WIDEST * flow.value) / most), ink);
      if (!element) continue;
      tips.attach(element, () => lines(flow));
      const [x, y] = place(other(flow));
      marks.push({ code: other(flow), element, x, y, label: lines(flow).join(words.say("list.part")) });
    }
    const group = map.svgns("g", { class: "arcs" });
    group.append(...marks.map((mark) => mark.element));
    svg.append(group);
    if (marks.length) tips.roving(marks, pick);
  }

  /** The colour of flows in or out, dark enough for thin lines. */
  const colour = (direction) =>
    d3
      .color(data.store.colours.flow[direction === "in" ? "inflow" : "outflow"])
      .darker(0.8)
      .formatHex();

  return { draw, names, colour };
})();
