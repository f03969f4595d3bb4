// The first page: what flows, what each step of each journey decides and why, and how the shards are doing.

import { get } from "./api.js";
import { chart } from "./chart.js";
import { h, show } from "./dom.js";
import { brief, count, decisionWords, instant, many, plain, rate, reasonWords, span, tone } from "./format.js";

const events = chart("Events", "a second", "events");
const sends = chart("Messages", "a second", "sends");
const graphs = new Map();

/** Takes in a second's overview, whether or not the page is shown. */
export function feed(overview) {
  events.push(overview.totals.events_per_second);
  sends.push(overview.totals.sends_per_second);
  for (const journey of overview.journeys) {
    const known = graphs.get(journey.journey);
    if (known?.version === journey.version) continue;
    graphs.set(journey.journey, { version: journey.version, steps: new Map() });
    get(`journeys/${encodeURIComponent(journey.journey)}`).then(
      ({ graph }) => graphs.set(journey.journey, { ...graph, steps: new Map(graph.steps.map((step) => [step.step, step])) }),
      () => graphs.delete(journey.journey),
    );
  }
}

/** The page. */
export function overviewPage(main, overview) {
  show(main, h("div", { class: "page overview" },
    h("h1", { class: "hidden" }, "Overview"),
    h("div", { class: "charts", "data-key": "charts", "data-keep": true }),
    tiles(overview.totals),
    h("div", { class: "columns" },
      h("div", { class: "main" }, overview.journeys.map(journeyPanel)),
      h("div", { class: "side" }, shardsPanel(overview.shards), deliveryPanel(overview.delivery)))));
  // The charts draw themselves: they are put in once and folding leaves them alone.
  const holder = main.querySelector(".charts");
  if (events.panel.parentNode !== holder) holder.replaceChildren(events.panel, sends.panel);
}

function tiles(totals) {
  const tile = (label, value, note) => h("div", { class: "tile" }, h("dt", {}, label), h("dd", {}, brief(value)), h("dd", { class: "note" }, note));
  return h("dl", { class: "tiles" },
    tile("Messages decided", totals.sends, "since the engine started"),
    tile("Goals reached", totals.converted, "customers who came back"),
    tile("On their way", totals.runs, `and ${many(totals.windows, "open window")}`),
    tile("Customers", totals.customers, `${brief(totals.timers)} timers pending`),
    tile("Dead letters", totals.poison, totals.poison ? "see the dead-letter topic" : "every record was readable"));
}

const sum = (rows, ...decisions) => rows.filter((row) => decisions.includes(row.decision)).reduce((all, row) => all + row.count, 0);

function journeyPanel(journey) {
  const graph = graphs.get(journey.journey);
  const all = journey.steps.flatMap((step) => step.decisions);
  const most = Math.max(1, ...journey.steps.map((step) => step.decisions.reduce((all, row) => all + row.count, 0)));
  const fact = (value, label, name) => h("li", { class: name }, h("b", {}, brief(value)), ` ${label}`);
  return h("section", { class: "panel journey", "data-key": journey.journey },
    h("header", {},
      h("h2", {}, h("a", { href: `#/journey/${encodeURIComponent(journey.journey)}`, title: "Its drawing" }, plain(journey.journey))),
      h("span", { class: "chip" }, journey.class),
      graph?.quiet_for && h("span", { class: "chip" }, `after ${graph.quiet_for} of quiet`),
      graph?.at && h("span", { class: "chip" }, `at ${graph.at}`)),
    h("ul", { class: "facts" },
      fact(sum(journey.decisions, "entered"), "entered", "good"), fact(journey.runs, "on their way"), fact(sum(all, "sent"), "messages", "sent"),
      fact(sum(all, "deferred"), "put off", "later"), fact(sum(all, "dropped"), "left out", "no"), fact(sum(all, "held_out"), "kept back", "no"),
      fact(sum(journey.decisions, "exited"), "left early", "left"), fact(sum(journey.decisions, "converted"), "reached the goal", "good")),
    h("ol", { class: "steps" },
      stepRow("entry and exit", "who comes in, who does not, who leaves", null, journey.decisions, most),
      journey.steps.map((step) => {
        const plan = graph?.steps.get(step.step);
        return stepRow(plain(step.step), plan ? `${plain(plan.kind)}${plan.says && ` · ${plan.says}`}` : "", step.runs, step.decisions, most);
      })));
}

function stepRow(name, says, runs, decisions, most) {
  const total = decisions.reduce((all, row) => all + row.count, 0);
  const sorted = [...decisions].sort((one, other) => other.count - one.count);
  return h("li", { "data-key": name },
    h("details", {},
      h("summary", {},
        h("span", { class: "name" }, name, h("small", {}, says)),
        h("span", { class: "bar", "aria-hidden": "true" },
          sorted.map((row) => h("i", { class: tone(row.decision), title: `${decisionWords(row.decision)}: ${plain(row.reason)}`, style: { width: `${(row.count / Math.max(most, total)) * 100}%` } }))),
        h("span", { class: "runs" }, runs === null ? "" : runs ? h("b", {}, brief(runs)) : "0", runs === null ? "" : " here")),
      h("table", { class: "why" },
        h("tbody", {}, sorted.length ? sorted.map((row) => h("tr", {},
          h("td", {}, h("i", { class: `dot ${tone(row.decision)}` }), decisionWords(row.decision)),
          h("td", {}, reasonWords(row.reason)),
          h("td", { class: "number" }, count(row.count)))) : h("tr", {}, h("td", { class: "note" }, "Nothing has been decided here yet."))))));
}

function shardsPanel(shards) {
  const row = (shard) => h("tr", { "data-key": shard.shard },
    h("th", { scope: "row" }, shard.shard),
    h("td", {}, h("span", { class: `chip ${shard.state === "running" ? (shard.mode === "behind" ? "later" : "good") : "no"}` },
      shard.state === "running" ? (shard.mode === "behind" ? "catching up" : "live") : shard.state)),
    h("td", { class: "number", title: `shard time ${instant(shard.now)}` }, span(shard.lag_seconds), h("small", {}, many(shard.lag_records, "record"))),
    h("td", { class: "number" }, count(shard.timers_due), h("small", {}, shard.timers_due ? `oldest ${span(shard.timer_lag_seconds)}` : `of ${brief(shard.timers)}`)),
    h("td", { class: "number" }, rate(shard.events_per_second)));
  return h("section", { class: "panel", "data-key": "shards" },
    h("header", {}, h("h2", {}, "Shards")),
    h("table", {},
      h("thead", {}, h("tr", {}, ["", "State", "Behind", "Timers due", "Events/s"].map((name, place) => h("th", { scope: "col", class: place > 1 ? "number" : null }, name || h("span", { class: "hidden" }, "Shard"))))),
      h("tbody", {}, shards.map(row))),
    shards.some((shard) => shard.mode === "behind") &&
      h("p", { class: "hint" }, "A shard that catches up holds its marketing messages; each is checked again before it leaves."));
}

function deliveryPanel(lanes) {
  if (!lanes.length) return null;
  const state = { closed: ["good", "sending"], half_open: ["later", "probing"], open: ["no", "paused"] };
  return h("section", { class: "panel", "data-key": "delivery" },
    h("header", {}, h("h2", {}, "Delivery")),
    h("table", {},
      h("thead", {}, h("tr", {}, ["Provider", "State", "Taken over", "Waiting"].map((name, place) => h("th", { scope: "col", class: place > 1 ? "number" : null }, name)))),
      h("tbody", {}, lanes.map((lane) => h("tr", {},
        h("th", { scope: "row" }, lane.provider, h("small", {}, lane.channel)),
        h("td", {}, h("span", { class: `chip ${state[lane.breaker][0]}` }, state[lane.breaker][1])),
        h("td", { class: "number" }, brief(lane.calls.accepted ?? 0), lane.retries ? h("small", {}, many(lane.retries, "retry", "retries")) : null),
        h("td", { class: "number" }, brief(lane.queue)))))));
}
