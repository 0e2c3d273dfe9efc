// Small helpers of all other files. Text becomes nodes of text only, never markup: a city called <b>"& shows as written.

const { d3, Plot } = window; // the libraries of the page

/** An element: h("p", {class: "note", onclick: f}, "text", child, [children]); false, null and undefined are left out. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace what an element holds. */
function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Tell a reader of the screen what changed. */
function announce(text) {
  document.getElementById("live").textContent = text;
}

/** Tell everybody, above the screen, what a reader should know about what it shows; "" takes it away. */
function notice(text) {
  document.getElementById("notice").textContent = text;
}

/** Sum of the numbers of an array, blanks left out. */
const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);
