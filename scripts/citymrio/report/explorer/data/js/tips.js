// The small note beside the pointer or the element that has the focus, and the keys that lead from mark to mark of a chart.

const tips = (() => {
  const box = () =>
    document.getElementById("tip") ?? document.body.appendChild(h("div", { id: "tip", role: "tooltip", hidden: true }));

  /** Lines of text at a place of the window: the first is the head. */
  function show([head, ...lines], x, y) {
    const tip = fill(box(), h("strong", {}, head), ...lines.map((line) => h("span", {}, line)));
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
  }

  const hide = () => {
    box().hidden = true;
  };

  /** Show lines while the pointer or the focus is on an element; `code` lights the same region in the other charts of the screen. */
  function attach(element, lines, code = null) {
    // An element of SVG that listens for the focus would be a stop of the tab key of its own; roving() says which is one.
    if (element instanceof SVGElement && !element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
    const centre = () => {
      const at = element.getBoundingClientRect();
      return [at.left + at.width / 2, at.top + at.height / 2];
    };
    const on = (x, y) => {
      show(lines(), x, y);
      if (code !== null) light(code);
    };
    const off = () => {
      hide();
      if (code !== null) light(null);
    };
    element.addEventListener("pointermove", (event) => on(event.clientX, event.clientY));
    element.addEventListener("pointerleave", off);
    element.addEventListener("focus", () => on(...centre()));
    element.addEventListener("blur", off);
  }

  /** Mark a region in every linked chart in sight; null takes the mark away. */
  function light(code) {
    for (const svg of document.querySelectorAll("section:not([hidden]) svg.linked")) svg.light?.(code);
  }

  /**
   * One stop of the tab key for a chart: arrow keys lead to the nearest mark in their direction, Enter picks it.
   * marks: [{code, element, x, y, label}]; `first` is the code of the mark that the tab key reaches.
   */
  function roving(marks, pick, first) {
    let current = marks.find((mark) => mark.code === first) ?? marks[0];
    const go = (mark) => {
      current.element.setAttribute("tabindex", "-1");
      mark.element.setAttribute("tabindex", "0");
      current = mark;
      mark.element.focus();
    };
    for (const mark of marks) {
      mark.element.setAttribute("role", "button");
      mark.element.setAttribute("aria-label", mark.label);
      mark.element.setAttribute("tabindex", mark === current ? "0" : "-1");
      mark.element.addEventListener("click", () => pick(mark.code));
      mark.element.addEventListener("keydown", (event) => {
        const direction = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
        if (direction) go(nearest(marks, mark, direction) ?? mark);
        else if (event.key === "Enter" || event.key === " ") pick(mark.code);
        else if (event.key === "Escape") return hide();
        else return undefined;
        return event.preventDefault();
      });
    }
  }

  /** The mark with the shortest way in a direction; ways aside count double. */
  function nearest(marks, from, [dx, dy]) {
    let [best, least] = [null, Infinity];
    for (const mark of marks) {
      const along = (mark.x - from.x) * dx + (mark.y - from.y) * dy;
      const aside = Math.abs((mark.x - from.x) * dy) + Math.abs((mark.y - from.y) * dx);
      if (mark !== from && along > 0 && along + 2 * aside < least) [best, least] = [mark, along + 2 * aside];
    }
    return best;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });

  return { attach, light, roving, hide };
})();
