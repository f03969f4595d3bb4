// The demo's inbox: the mails that its server received, as they would look. A mail is shown in a sandbox without scripts.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { instant, plain } from "./format.js";

/** Asks for the mails and shows the page with the chosen or the newest one. */
export async function inboxPage(main, chosen) {
  const mails = await get("inbox");
  if (!mails.length) return show(main, h("div", { class: "page empty" }, h("h1", {}, "No mail yet"), h("p", {}, "The first carts are abandoned after an hour of shop time: a few seconds.")));
  const open = mails.find((mail) => String(mail.n) === chosen) ?? mails[0];
  show(main, h("div", { class: "page inbox" },
    h("h1", { class: "hidden" }, "Inbox"),
    h("nav", { class: "panel mails", "aria-label": "Mails" }, h("ul", {}, mails.map((mail) => entry(mail, mail === open)))),
    h("article", { class: "panel mail" },
      h("header", {},
        h("h2", {}, open.subject),
        h("p", { class: "note" }, `to ${open.to} · ${instant(open.at)}`),
        h("p", {}, h("span", { class: "chip" }, plain(open.journey)), " ", h("span", { class: "chip sent" }, plain(open.step)), " ",
          h("a", { href: `#/customer/${encodeURIComponent(open.customer)}` }, "Why did they get this?"))),
      h("iframe", { "data-key": open.n, title: open.subject, sandbox: "", src: `/api/v1/inbox/${open.n}/html` }))));
}

const entry = (mail, open) => h("li", { "data-key": mail.n },
  h("a", { href: `#/inbox/${mail.n}`, "aria-current": open ? "true" : null },
    h("b", {}, mail.subject), h("span", { class: "note" }, mail.to), h("span", { class: "note" }, `${plain(mail.journey)} · ${instant(mail.at)}`)));
