// Arcs over the map: from the place that emits to the place that consumes, as wide as the flow is large, with an arrowhead.

const arcs = (() => {
  const [WIDEST, THINNEST, BEND] = [11, 1.2, 0.22];

  /** A curve from one point to another, bent to its left, and its direction at the end. */
  function curve([x1, y1], [x2, y2]) {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const control = [(x1 + x2) / 2 + BEND * dy, (y1 + y2) / 2 - BEND * dx];
    return { start: [x1, y1], control, end: [x2, y2], length: Math.hypot(dx, dy) };
  }

  const at = ({ start, control, end }, t) =>
    [0, 1].map((k) => (1 - t) ** 2 * start[k] + 2 * t * (1 - t) * control[k] + t ** 2 * end[k]);

  /** The part of a curve up to a share of its way (de Casteljau). */
  function upTo(bow, t) {
    const control = [0, 1].map((k) => bow.start[k] + t * (bow.control[k] - bow.start[k]));
    return `M${bow.start.join(",")}Q${control.join(",")} ${at(bow, t).join(",")}`;
  }

  /** One flow: a line and a head whose point lies on the consumer. */
  function arc({ origin, destination, value }, place, width, colour) {
    const [from, to] = [place(origin), place(destination)];
    if (!from || !to) return null;
    const bow = curve(from, to);
    const head = Math.min(Math.max(8, 2.1 * width), Math.max(5, 0.6 * bow.length));
    const t = Math.max(0, 1 - head / Math.max(bow.length, head * 1.05));
    const [base, tip] = [at(bow, t), bow.end];
    const [ux, uy] = [tip[0] - base[0], tip[1] - base[1]].map((part, _, both) => part / (Math.hypot(...both) || 1));
    const half = 0.5 * head;
    const corners = [tip, [base[0] - half * uy, base[1] + half * ux], [base[0] + half * uy, base[1] - half * ux]];
    const group = map.svgns("g", { class: "arc", "data-origin": origin, "data-destination": destination, "data-value": value });
    group.append(
      map.svgns("path", { d: upTo(bow, t), fill: "none", stroke: colour, "stroke-width": width, "stroke-opacity": 0.85, class: "shaft" }),
      map.svgns("path", { d: `M${corners.map((corner) => corner.join(",")).join("L")}Z`, fill: colour, stroke: "#fff", "stroke-width": 0.6, class: "head" }),
    );
    return group;
  }

  /** Names beside the places of flows, those of the largest first; a name that would cover another is left out (the table has all). */
  function names(svg, codes, place) {
    const taken = [];
    for (const code of codes) {
      const point = place(code);
      if (!point) continue;
      const name = data.region(code).name;
      const [x, y, width] = [point[0] + 7, point[1] - 5, map.wide(name)];
      const left = x + width > svg.width.baseVal.value ? x - width - 14 : x;
      const box = [left - 2, y - 12, left + width + 2, y + 4];
      if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      svg.append(map.text(name, left, y, { class: "place" }));
    }
  }

  /**
   * Arcs of flows [{origin, destination, value}], the largest first; the thin ones are drawn last, so that they stay in sight.
   * Flows that are not above 0 have no arc.
   */
  function draw(svg, place, flows, colour, lines) {
    const drawn = flows.filter((flow) => flow.value > 0 && flow.origin !== flow.destination);
    const most = d3.max(drawn, (flow) => flow.value);
    const group = map.svgns("g", { class: "arcs" });
    for (const flow of drawn) {
      const element = arc(flow, place, Math.max(THINNEST, (WIDEST * flow.value) / most), colour);
      if (!element) continue;
      tips.attach(element, () => lines(flow));
      group.append(element);
    }
    svg.append(group);
    return drawn;
  }

  /** The colour of flows in or out, dark enough for thin lines. */
  const colour = (direction) =>
    d3.color(data.store.colours.flow?.[direction === "in" ? "inflow" : "outflow"] ?? (direction === "in" ? "#0e8590" : "#b82a72"))
      .darker(0.7)
      .formatHex();

  return { draw, names, colour };
})();
