// Pages by the address's hash, and one stream that keeps them live.

import { Refused, setToken, stream } from "./api.js";
import { customerPage } from "./customer.js";
import { h, show } from "./dom.js";
import { count, instant, loadWords } from "./format.js";
import { inboxPage } from "./inbox.js";
import { journeyPage } from "./journey.js";
import { feed, overviewPage } from "./overview.js";

const main = document.getElementById("main");
const problem = document.getElementById("problem");
const search = document.querySelector(".search");
let last = null;
let drawnSends = -1;

const place = () => {
  const [page = "overview", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  return { page: page || "overview", id: decodeURIComponent(rest.join("/")) };
};

async function draw(moved) {
  const { page, id } = place();
  for (const link of document.querySelectorAll("nav [data-page]")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    if (page === "customer") await customerPage(main, id);
    else if (page === "inbox") await inboxPage(main, id);
    else if (page === "journey") await journeyPage(main, id);
    else if (last) overviewPage(main, last);
    else show(main, h("div", { class: "page empty" }, h("p", {}, "Waiting for the engine…")));
    if (moved) main.focus({ preventScroll: true });
  } catch (error) {
    fail(error);
  }
}

function status(overview) {
  const behind = overview.mode === "behind";
  show(document.getElementById("status"),
    h("span", { class: "clock" }, h("small", {}, overview.demo ? "Shop time" : "Engine time"), instant(overview.clock)),
    overview.speed > 1 && h("span", { class: "chip", title: "Demo time" }, `${count(overview.speed)}× real time`),
    h("span", { class: `chip ${behind ? "later" : "good"}` }, behind ? "catching up" : "live"));
  document.querySelector('[data-page="inbox"]').hidden = !overview.demo;
}

function take(name, data) {
  if (name === "problem") return say(data);
  say("");
  last = data;
  feed(last);
  status(last);
  const { page } = place();
  if (page === "overview" || page === "journey") draw(false);
  // The inbox is asked again only when something has been sent, and not while the reader has chosen a mail.
  if (page === "inbox" && !place().id && last.totals.sends !== drawnSends) {
    drawnSends = last.totals.sends;
    draw(false);
  }
}

function say(text) {
  problem.hidden = !text;
  problem.textContent = text;
}

function fail(error) {
  if (error instanceof Refused && error.status === 401) return askToken();
  say(error instanceof Refused ? error.message : "The engine cannot be reached. Trying again…");
}

function askToken() {
  const send = (event) => {
    event.preventDefault();
    setToken(new FormData(event.target).get("token"));
    location.reload();
  };
  show(main, h("form", { class: "page empty token", on: { submit: send } },
    h("h1", {}, "Access token"),
    h("p", {}, "This engine asks for a bearer token (", h("code", {}, "admin.token_sha256"), " in its configuration is its hash). It stays in this tab."),
    h("label", { for: "token" }, "Token"),
    h("input", { id: "token", name: "token", type: "password", required: true, autocomplete: "off" }),
    h("button", {}, "Open")));
  document.getElementById("token").focus();
}

async function follow() {
  for (;;) {
    try {
      await stream(take);
    } catch (error) {
      fail(error);
      if (error instanceof Refused && error.status === 401) return;
    }
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}

search.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = new FormData(search).get("customer").trim();
  if (id) location.hash = `#/customer/${encodeURIComponent(id)}`;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  search.elements.customer.focus();
});
addEventListener("hashchange", () => draw(true));

await loadWords();
draw(false);
follow();
