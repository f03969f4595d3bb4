// Numbers, times and words for people. Times are shown in UTC: the shop's customers live in many zones.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const date = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

export const count = (value) => whole.format(value);
export const brief = (value) => (Math.abs(value) < 10_000 ? whole.format(value) : short.format(value));
export const rate = (value) => (value < 10 ? value.toFixed(1) : brief(value));
export const instant = (text) => (text ? `${moment.format(new Date(text))} UTC` : "—");
export const clock = (text) => time.format(new Date(text));
export const day = (text) => date.format(new Date(text));
export const many = (value, one, more = `${one}s`) => `${brief(value)} ${value === 1 ? one : more}`;
export const plain = (name) => name.replaceAll("_", " ");

/** `850 ms`, `4.2 s`, `3 min`, `2 h`, `2 h 5 min`, `3 d`. */
export function span(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  return `${Math.round(minutes / 1440)} d`;
}

let table = { decisions: {}, reasons: {} };

/** Loads what is said for each decision and reason. */
export async function loadWords() {
  table = await (await fetch("/words.json")).json();
}

export const decisionWords = (name) => table.decisions[name] ?? plain(name);
export const reasonWords = (name) => table.reasons[name] ?? plain(name);

/** The colour family of a decision; see style.css. */
export const tone = (decision) =>
  ({ sent: "sent", converted: "good", entered: "good", deferred: "later", dropped: "no", held_out: "no", refused: "no", exited: "left" })[decision] ?? "flow";

/** A value that a decision compared: instants in words, numbers grouped. */
export function value(name, raw) {
  if (raw === null) return "nothing";
  if (typeof raw === "string" && /^\d{4}-\d\d-\d\dT/.test(raw)) return instant(raw);
  if (typeof raw === "number" && (name === "age" || name === "max_event_age")) return span(raw / 1000);
  return typeof raw === "number" ? raw.toLocaleString("en", { maximumFractionDigits: 2 }) : String(raw);
}
