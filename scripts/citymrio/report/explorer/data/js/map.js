// The map: regions in the run's equal-area projection, drawn at the width there is, with legend and scale bar.

const map = (() => {
  const TALLEST = 620;
  const LINE = 19;
  let count = 0;

  const has = () => Boolean(data.store.map && Object.keys(data.store.map.regions).length);
  const svgns = (name, attributes = {}) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
    return element;
  };
  const canvas = document.createElement("canvas").getContext("2d");
  const FONT = '12px system-ui, "Liberation Sans", "Noto Sans CJK SC", Arial, sans-serif';
  const wide = (text) => {
    canvas.font = FONT;
    return canvas.measureText(text).width;
  };

  function text(content, x, y, attributes = {}) {
    const element = svgns("text", { x, y, ...attributes });
    element.textContent = content;
    return element;
  }

  /** Diagonal lines over whatever is below them: a province that is not split into cities. */
  function hatch(id) {
    const pattern = svgns("pattern", { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    pattern.append(svgns("line", { x1: 0, y1: 0, x2: 0, y2: 5, stroke: "#555", "stroke-width": 1.1 }));
    return pattern;
  }

  /** Entries of the legend in lines that fit the width; returns the group and its height. */
  function legend(entries, width, hatchId) {
    const group = svgns("g", { class: "legend" });
    let [x, y] = [0, 0];
    for (const entry of entries) {
      const label = entry.count === undefined ? entry.label : `${entry.label} (${entry.count})`;
      const space = 22 + wide(label) + 16;
      if (x && x + space > width) [x, y] = [0, y + LINE];
      group.append(svgns("rect", { x, y, width: 16, height: 12, fill: entry.colour, stroke: "#777", "stroke-width": 0.5 }));
      if (entry.hatched) group.append(svgns("rect", { x, y, width: 16, height: 12, fill: `url(#${hatchId})` }));
      group.append(text(label, x + 22, y + 10.5));
      x += space;
    }
    return { group, height: entries.length ? y + LINE : 0 };
  }

  function scaleBar(scale, k, x, y) {
    const group = svgns("g", { class: "scale" });
    const length = scale.length * k;
    group.append(svgns("path", { d: `M${x},${y - 4}v4h${length}v-4`, fill: "none", stroke: "#444" }), text(`${scale.km} km`, x, y - 8));
    return group;
  }

  /**
   * Draw the map.
   * fill(code): a colour or null (no value); entries: of the legend [{label, colour, count, hatched}]; label: what it shows, for
   * readers who do not see it; more: {hatched, lines(code), pick(code), first, over(group, place)}, `place(code)` is the point
   * of a region on the picture.
   */
  function draw(width, { fill: fillOf, entries, label, hatched = true, ...more }) {
    const world = data.store.map;
    const k = Math.min(width / world.width, TALLEST / world.height);
    const [left, tall] = [(width - k * world.width) / 2, k * world.height];
    const id = `hatch-${(count += 1)}`;
    const key = legend(entries, width, id);
    const height = Math.ceil(tall + 14 + key.height);
    const svg = svgns("svg", { width, height, viewBox: `0 0 ${width} ${height}`, class: "chart map linked", "aria-label": label });
    svg.setAttribute("role", more.pick ? "group" : "img");
    const definitions = svgns("defs");
    definitions.append(hatch(id));
    const ground = svgns("g", { transform: `translate(${left} 0) scale(${k})` });
    if (world.outside) ground.append(svgns("path", { d: world.outside, class: "outside", fill: "#fafaf8", stroke: "#bbb", "stroke-width": 0.5 / k }));
    const unsplit = new Set(hatched ? world.unsplit : []);
    const marks = [];
    const shape = (code, d, parent) => {
      const path = svgns("path", { d, fill: fillOf(code) ?? measures.EMPTY, stroke: "#fff", "stroke-width": 0.5 / k, "data-region": code });
      parent.append(path);
      if (unsplit.has(code)) parent.append(svgns("path", { d, fill: `url(#${id})`, class: "through" }));
      if (more.lines) tips.attach(path, () => more.lines(code), code);
      return path;
    };
    for (const [code, d] of Object.entries(world.regions)) {
      const [x, y] = world.points[code];
      marks.push({ code, x, y, element: shape(code, d, ground), label: more.lines?.(code).join(", ") });
    }
    ground.append(svgns("path", { d: world.provinces, class: "provinces", fill: "none", stroke: "#555", "stroke-width": 0.7 / k }));
    const cursor = svgns("path", { d: "", class: "cursor", fill: "none", stroke: "#111", "stroke-width": 2.4 / k });
    ground.append(cursor);
    svg.append(definitions, ground);
    if (world.inset) svg.append(inset(world.inset, shape, left, k));
    if (world.scale) svg.append(scaleBar(world.scale, k, left + 4, tall));
    key.group.setAttribute("transform", `translate(0 ${tall + 14})`);
    svg.append(key.group);
    svg.light = (code) => cursor.setAttribute("d", world.regions[code] ?? "");
    if (more.pick) tips.roving(marks, more.pick, more.first);
    const place = (code) => world.points[code] && [left + k * world.points[code][0], k * world.points[code][1]];
    more.over?.(svg, place, world.regions[more.first] ?? "");
    return svg;
  }

  function inset(part, shape, left, k) {
    const group = svgns("g", { transform: `translate(${left} 0) scale(${k})` });
    const [x, y, width, height] = part.frame;
    group.append(svgns("rect", { x, y, width, height, fill: "#fff", stroke: "#999", "stroke-width": 1 / k }));
    for (const [code, d] of Object.entries(part.regions)) shape(code, d, group);
    group.append(text(part.label, x + 4 / k, y + height - 5 / k, { "font-size": 11 / k }));
    return group;
  }

  /** The legend's entry for provinces that are not split, where there are any. */
  const unsplitEntry = () =>
    data.store.map.unsplit.length ? [{ label: "Province not split into cities", colour: "#fff", hatched: true, count: data.store.map.unsplit.length }] : [];

  return { has, draw, text, svgns, wide, unsplitEntry };
})();
