// A live line on a canvas: the last two minutes of one number.

import { h } from "./dom.js";
import { rate } from "./format.js";

const LENGTH = 120;

/** A panel with a line; `push(value)` adds a second. */
export function chart(title, unit, tone) {
  const canvas = h("canvas", { role: "img" });
  const current = h("strong", {}, "–");
  const note = h("span", { class: "note" }, "last 2 minutes");
  const panel = h("section", { class: `panel chart ${tone}` },
    h("header", {}, h("h2", {}, title), note, h("p", { class: "big" }, current, h("small", {}, unit))), canvas);
  const values = [];
  let pointed = null;

  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const scale = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [width * scale, height * scale];
    const paint = canvas.getContext("2d");
    paint.scale(scale, scale);
    const style = getComputedStyle(panel);
    const [line, rule, ink] = ["--line", "--rule", "--soft"].map((name) => style.getPropertyValue(name));
    const top = nice(Math.max(1, ...values));
    const x = (place) => width - (values.length - 1 - place) * (width / (LENGTH - 1));
    const y = (value) => height - 3 - (value / top) * (height - 18);
    paint.strokeStyle = rule;
    paint.fillStyle = ink;
    paint.font = "11px system-ui, sans-serif";
    for (const part of [0, 0.5, 1]) {
      paint.beginPath();
      paint.moveTo(0, Math.round(y(top * part)) + 0.5);
      paint.lineTo(width, Math.round(y(top * part)) + 0.5);
      paint.stroke();
      if (part) paint.fillText(rate(top * part), 2, y(top * part) - 4);
    }
    if (values.length > 1) {
      paint.beginPath();
      values.forEach((value, place) => paint.lineTo(x(place), y(value)));
      paint.lineWidth = 2;
      paint.lineJoin = "round";
      paint.strokeStyle = line;
      paint.stroke();
      paint.lineTo(width, height);
      paint.lineTo(x(0), height);
      paint.globalAlpha = 0.14;
      paint.fillStyle = line;
      paint.fill();
      paint.globalAlpha = 1;
    }
    const place = pointed === null ? -1 : Math.round(values.length - 1 - (width - pointed) / (width / (LENGTH - 1)));
    if (values[place] !== undefined) {
      paint.beginPath();
      paint.arc(x(place), y(values[place]), 4, 0, 7);
      paint.fillStyle = line;
      paint.fill();
      note.textContent = `${rate(values[place])} ${unit}, ${values.length - 1 - place} s ago`;
    } else {
      note.textContent = "last 2 minutes";
    }
  };
  canvas.addEventListener("pointermove", (event) => { pointed = event.offsetX; draw(); });
  canvas.addEventListener("pointerleave", () => { pointed = null; draw(); });
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  const push = (value) => {
    values.push(value);
    if (values.length > LENGTH) values.shift();
    current.textContent = rate(value);
    canvas.setAttribute("aria-label", `${title}: now ${rate(value)} ${unit}`);
    draw();
  };
  return { panel, push };
}

/** The next of 1, 2, 5 times a power of ten. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}
