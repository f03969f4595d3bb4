// One journey as a drawing, with the numbers of this moment.

import { getText } from "./api.js";
import { h, show } from "./dom.js";
import { plain } from "./format.js";

/** Asks for the drawing and shows the page; the same page is kept where it is shown already. */
export async function journeyPage(main, name) {
  const here = location.hash;
  const drawing = await asked(name);
  // Somebody has gone elsewhere meanwhile.
  if (location.hash !== here) return;
  show(main, h("div", { class: "page journey", "data-key": `journey ${name}` },
    h("header", { class: "who" }, h("h1", {}, plain(name)), h("p", { class: "note" }, h("a", { href: "#/" }, "Overview"))),
    h("section", { class: "panel drawn" }, drawing)));
}

/** The engine writes it as an image whose text is escaped; it is taken in as a tree, and never as markup of this page. */
async function asked(name) {
  try {
    const text = await getText(`journeys/${encodeURIComponent(name)}/drawing`);
    return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  } catch (error) {
    if (error.status !== 404) throw error;
    return h("p", { class: "note" }, error.message);
  }
}
