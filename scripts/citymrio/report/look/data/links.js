
// Inside the report a page has no folder: what leads to another file is shown as its path only.
if (location.protocol === "data:") {
  for (const link of document.querySelectorAll("a[href]")) {
    if (!link.getAttribute("href").startsWith("#")) link.removeAttribute("href");
  }
}
