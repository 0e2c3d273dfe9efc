// Inside the report a page has no folder: what leads to another file says its path instead.
if (location.protocol === "data:") {
  for (const link of document.querySelectorAll("a[href]")) {
    const to = link.getAttribute("href");
    if (to.startsWith("#")) continue;
    link.removeAttribute("href");
    link.append(` (${to.startsWith("../") ? to.slice(3) : `report/${to}`})`);
  }
}
