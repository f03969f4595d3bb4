// A little DOM: build a tree, then fold it into the one on the page so that focus, scrolling and open details survive an update.

/** An element. `props.style` is an object, `props.on` event handlers, everything else an attribute; null and false leave it out. */
export function h(tag, props, ...children) {
  const svg = tag === "svg" || tag === "path" || tag === "circle";
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value == null || value === false) continue;
    if (name === "style") Object.assign(element.style, value);
    else if (name === "on") for (const [type, handler] of Object.entries(value)) element.addEventListener(type, handler);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Makes the children of `parent` equal to `next`, reusing what is there. Elements with a different `data-key` are replaced. */
export function show(parent, ...next) {
  const wanted = next.flat(Infinity).filter((child) => child != null && child !== false).map(node);
  const present = [...parent.childNodes];
  wanted.forEach((after, place) => {
    const before = present[place];
    if (!before) parent.append(after);
    else if (alike(before, after)) fold(before, after);
    else before.replaceWith(after);
  });
  present.slice(wanted.length).forEach((extra) => extra.remove());
}

const node = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

function alike(before, after) {
  return before.nodeName === after.nodeName && before.dataset?.key === after.dataset?.key;
}

function fold(before, after) {
  if (before.nodeType === Node.TEXT_NODE) {
    if (before.data !== after.data) before.data = after.data;
    return;
  }
  if (before.hasAttribute("data-keep")) return;
  for (const { name } of [...before.attributes]) {
    if (name !== "style" && name !== "open" && !after.hasAttribute(name)) before.removeAttribute(name);
  }
  for (const { name, value } of after.attributes) {
    if (name !== "style" && name !== "open" && before.getAttribute(name) !== value) before.setAttribute(name, value);
  }
  if (before.style.cssText !== after.style.cssText) before.style.cssText = after.style.cssText;
  show(before, ...after.childNodes);
}
