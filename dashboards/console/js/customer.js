// One customer: what is known, where they stand, and the timeline of decisions with why.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { clock, count, day, decisionWords, instant, plain, reasonWords, tone, value } from "./format.js";

/** Asks for the customer and shows the page. */
export async function customerPage(main, id) {
  if (!id) return show(main, h("div", { class: "page empty" }, h("h1", {}, "Find a customer"), h("p", {}, "Type a customer id into the search box above ( / ) to see what was decided about them, and why.")));
  show(main, h("div", { class: "page empty" }, h("p", {}, "Looking…")));
  try {
    draw(main, await get(`customers/${encodeURIComponent(id)}`));
  } catch (error) {
    if (error.status === 401) throw error;
    show(main, h("div", { class: "page empty" }, h("h1", {}, "Not found"), h("p", {}, error.message)));
  }
}

function draw(main, customer) {
  const { personal, profile } = customer;
  const name = personal && [personal.first_name, personal.last_name].filter(Boolean).join(" ");
  show(main, h("div", { class: "page customer" },
    h("header", { class: "who" },
      h("h1", {}, name || customer.customer),
      h("p", { class: "note" }, name ? `${customer.customer} · ` : "", `shard ${customer.shard}`)),
    h("div", { class: "columns" },
      h("div", { class: "main" }, timeline(customer)),
      h("div", { class: "side" }, standing(customer.runs), about(profile, personal), inPart(customer.degraded ?? [])))));
}

function timeline({ decisions, truncated }) {
  const days = Map.groupBy([...decisions].reverse(), (decision) => decision.at.slice(0, 10));
  return h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "What was decided, and why")),
    decisions.length ? null : h("p", { class: "note" }, "Nothing yet."),
    [...days].map(([, rows]) => [h("h3", {}, day(rows[0].at)), h("ol", { class: "timeline" }, rows.map(moment))]),
    truncated && h("p", { class: "hint" }, "There are older decisions, which are not shown; those of one journey: cartwheel explain --journey."));
}

function moment(decision) {
  const values = Object.entries(decision.values ?? {});
  return h("li", { class: tone(decision.decision) },
    h("time", { datetime: decision.at }, clock(decision.at)),
    h("div", {},
      h("p", {}, h("b", {}, decisionWords(decision.decision)),
        decision.step && [": ", h("em", {}, plain(decision.step))], decision.channel && ` by ${decision.channel}`),
      h("p", { class: "because" }, reasonWords(decision.reason), "."),
      values.length ? h("dl", { class: "values" }, values.map(([name, raw]) => h("div", {}, h("dt", {}, plain(name)), h("dd", {}, value(name, raw))))) : null),
    h("span", { class: "chip" }, plain(decision.journey)));
}

/** Events that came with fields of a wrong type, and were applied without them. */
function inPart(degraded) {
  return degraded.length ? h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "Applied in part")),
    h("p", { class: "note" }, "These events came with fields of a wrong type, and were applied without them."),
    h("dl", { class: "pairs" }, degraded.toReversed().map((event) => pair(instant(event.at), `${plain(event.type)} without ${event.fields.join(", ")}`)))) : null;
}

function standing(runs) {
  const state = { window: "Waiting for quiet", live: "On the way", held: "Message held: catching up", lingering: "Finished, waiting for the goal" };
  return h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "Where they stand")),
    runs.length ? null : h("p", { class: "note" }, "In no journey."),
    runs.map((run) => h("div", { class: "run" },
      h("h3", {}, plain(run.journey)),
      h("dl", { class: "pairs" },
        pair("State", state[run.state] ?? run.state),
        run.step && pair("Next", plain(run.step)),
        run.waits && pair("Waits for", run.waits),
        run.due_at && pair("When", instant(run.due_at)),
        pair("Since", instant(run.opened_at))))));
}

const pair = (name, ...content) => [h("dt", {}, name), h("dd", {}, ...content)];

function about(profile, personal) {
  const consent = Object.entries(profile.consent).map(([channel, granted]) => h("span", { class: `chip ${granted ? "good" : "no"}` }, `${channel}: ${granted ? "yes" : "no"}`));
  const suppressed = Object.entries(profile.suppressed).map(([channel, reason]) => h("span", { class: "chip no" }, `${channel}: ${reason}`));
  return h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "Profile")),
    h("dl", { class: "pairs" },
      personal?.email && pair("E-mail", personal.email), personal?.phone && pair("Phone", personal.phone),
      pair("Orders", count(profile.orders)), pair("Spent so far", value("", profile.lifetime_value)),
      profile.last_order_at && pair("Last order", instant(profile.last_order_at)),
      Object.entries(profile.facts ?? {}).map(([name, known]) => pair(name, value(name, known))),
      pair("Time zone", profile.time_zone), profile.country && pair("Country", profile.country),
      pair("Agreed to", consent.length ? consent : "nothing known"),
      suppressed.length ? pair("Never write to", suppressed) : null,
      pair("Can be reached by", profile.reachable.join(", ") || "nothing")),
    personal ? null : h("p", { class: "hint" }, "Names and addresses need a token with the scope personal_data."));
}
