// Codes raised together: the drawing answers the mouse, the list beside it keyboard and screen reader. See graph.py.
const W = 760, H = 560, EDGE = 70, SVG = "http://www.w3.org/2000/svg";
function v(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node[name] = value; else node.setAttribute(name, String(value));
  }
  node.append(...children.flat(Infinity).filter(Boolean));
  return node;
}
function pick(app, codes) { app.send("pick", { codes }).then(() => told(app)); }
const picked = (s, codes) => s.at.length === codes.length && codes.every((c) => s.at.includes(c));
// Labels stand above or below their disc, wherever they meet fewest others.
function labels(nodes, at, radius) {
  const taken = nodes.map((n) => { const [x, y] = at(n), r = radius(n); return [x - r, y - r, x + r, y + r]; });
  const out = new Map();
  for (const n of nodes) {
    const [x, y] = at(n), r = radius(n), wide = n.name.length * 6.4 + 4;
    const tries = [[0, r + 13], [0, -r - 5], [wide / 2 + r + 2, 4], [-wide / 2 - r - 2, 4], [0, r + 26], [0, -r - 18]];
    let best = null;
    for (const [dx, dy] of tries) {
      const cx = Math.min(W - wide / 2, Math.max(wide / 2, x + dx)), box = [cx - wide / 2, y + dy - 11, cx + wide / 2, y + dy + 3];
      const over = taken.reduce((sum, b) => sum + Math.max(0, Math.min(b[2], box[2]) - Math.max(b[0], box[0])) * Math.max(0, Math.min(b[3], box[3]) - Math.max(b[1], box[1])), 0);
      if (!best || over < best.over - 1) best = { over, box, x: cx, y: y + dy };
    }
    taken.push(best.box);
    out.set(n.id, best);
  }
  return out;
}
// Lines, then labels, then what answers the pointer: a label that lies over a line does not take its clicks.
function drawing(app) {
  const s = app.state, nodes = s.nodes.filter((n) => n.linked), most = Math.max(1, ...nodes.map((n) => n.n)), strong = Math.max(1, ...s.edges.map((e) => e.n));
  const at = (n) => [EDGE + n.x * (W - 2 * EDGE), 30 + n.y * (H - 64)], radius = (n) => 4 + 12 * Math.sqrt(n.n / most);
  const by = new Map(nodes.map((n) => [n.id, n])), where = labels(nodes, at, radius), names = new Map(s.nodes.map((n) => [n.id, n.name]));
  const edges = s.edges.map((e) => {
    const [x1, y1] = at(by.get(e.a)), [x2, y2] = at(by.get(e.b));
    return { ...e, codes: [e.a, e.b], ends: { x1, y1, x2, y2 }, mid: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 + 4 } };
  });
  const lit = litIn(app), seen = (codes) => ({ "data-codes": codes.join("|"), ...standing(s, lit, codes) });
  // A node may come to stand for other codes when the page is drawn anew: what it answers for is read when it answers.
  const codesOf = (event) => event.currentTarget.dataset.codes.split("|");
  const answers = (codes) => ({ ...seen(codes), onclick: (e) => pick(app, codesOf(e)),
    onmouseenter: (e) => { app.ui.over = codesOf(e); mark(app); }, onmouseleave: () => { app.ui.over = null; mark(app); } });
  return v("svg", { viewBox: `0 0 ${W} ${H}`, class: "gr-svg", role: "img",
    "aria-label": `${nodes.length} codes and ${s.edges.length} pairs raised together; the same pairs are in the list` },
    edges.map((e) => v("line", { ...e.ends, ...seen(e.codes), class: "gr-line", "stroke-width": 0.8 + 5 * (e.n / strong) })),
    nodes.map((n) => v("text", { ...answers([n.id]), class: "gr-label", x: where.get(n.id).x, y: where.get(n.id).y, "text-anchor": "middle" }, n.name)),
    edges.map((e) => v("line", { ...e.ends, ...answers(e.codes), class: "gr-hit", "stroke-width": 12 },
      v("title", {}, `${names.get(e.a)} and ${names.get(e.b)}: ${e.n} ${e.n === 1 ? "paper" : "papers"}`))),
    nodes.map((n) => {
      const [x, y] = at(n), r = radius(n);
      return v("g", { ...answers([n.id]), class: "gr-node", "data-side": n.place },
        v("title", {}, `${n.name}: ${n.n} ${n.n === 1 ? "paper" : "papers"}`),
        n.place === 1 ? v("rect", { x: x - r * 0.89, y: y - r * 0.89, width: r * 1.78, height: r * 1.78 })
          : n.place === 2 ? v("path", { d: `M${x} ${y - r * 1.25}L${x + r * 1.25} ${y}L${x} ${y + r * 1.25}L${x - r * 1.25} ${y}Z` })
            : v("circle", { cx: x, cy: y, r }));
    }),
    edges.map((e) => v("text", { ...e.mid, ...seen(e.codes), class: "gr-number", "text-anchor": "middle" }, String(e.n))));
}
// What is picked, under the pointer or at the list's cursor stands out, and a line then says its number.
function litIn(app) {
  const box = app.root.querySelector(".gr-options");
  return [app.ui.over, box && box === app.root.ownerDocument.activeElement ? options(app)[app.ui.cursor || 0]?.codes : null];
}
function standing(s, lit, codes) {
  const on = codes.length === 1 ? s.at.includes(codes[0]) : picked(s, codes);
  return { "data-on": on ? "yes" : null, "data-lit": lit.some((l) => l && l.join("|") === codes.join("|")) ? "yes" : null };
}
function mark(app) {
  const lit = litIn(app);
  for (const part of app.root.querySelectorAll(".gr-svg [data-codes]")) {
    for (const [name, value] of Object.entries(standing(app.state, lit, part.dataset.codes.split("|")))) part.toggleAttribute(name, Boolean(value));
  }
}
function options(app) {
  const s = app.state, find = (app.ui.find || "").toLowerCase(), names = new Map(s.nodes.map((n) => [n.id, n.name]));
  const all = [...s.nodes.map((n) => ({ codes: [n.id], text: `${n.name}: ${n.n}` })),
    ...s.edges.map((e) => ({ codes: [e.a, e.b], text: `${names.get(e.a)} and ${names.get(e.b)}: ${e.n}` }))];
  return all.filter((o) => !find || o.text.toLowerCase().includes(find));
}
function list(app) {
  const s = app.state, found = options(app), shown = found.slice(0, 200);
  const cursor = Math.min(app.ui.cursor || 0, Math.max(0, shown.length - 1)), id = (app.ui.id ??= Math.random().toString(36).slice(2));
  return h("div", { class: "gr-list" }, h("label", { for: `gr-find-${id}` }, "Find a code or a pair"),
    h("input", { id: `gr-find-${id}`, type: "text", value: app.ui.find || "", oninput: (e) => { app.ui.find = e.target.value; app.ui.cursor = 0; app.redraw(); } }),
    h("ul", { role: "listbox", tabindex: "0", class: "gr-options", onfocus: () => mark(app), onblur: () => mark(app), "aria-label": "Codes, then pairs, with their papers",
      "aria-activedescendant": shown.length ? `gr-${id}-${cursor}` : null },
    shown.map((o, i) => h("li", { role: "option", id: `gr-${id}-${i}`, "data-key": o.codes.join("|"), "aria-selected": picked(s, o.codes) ? "true" : "false",
      "data-cursor": i === cursor ? "yes" : null, onclick: () => { app.ui.cursor = i; pick(app, o.codes); } }, o.text))),
    found.length > shown.length ? h("p", {}, `${found.length - shown.length} more; type to narrow`) : null);
}
function draw(app) {
  const s = app.state, alone = s.nodes.filter((n) => !n.linked);
  const sides = [...new Set(s.nodes.map((n) => n.side))].filter(Boolean);
  return [h("div", { class: "sv-bar", "data-key": "bar" }, h("strong", {}, `${s.facet_name}: raised together`), levelChoice(app),
    h("span", { class: "sv-faint" }, "Click a node or a line, or use the list: ", key("arrows"), " ", key("Enter"), ". ", key("Esc"), " goes to the frame, ", key("Esc"), " again leaves.")),
  faultsOf(app),
  s.edges.length ? null : h("p", {}, "No two are raised together at this level."),
  h("div", { class: "gr-two", "data-key": "two" },
    h("div", { class: "gr-frame" }, h("div", { class: "gr-drawing", "data-key": `drawing-${s.level}` }, drawing(app)),
      sides.length ? h("p", { class: "gr-key" }, sides.map((side) => h("span", {}, h("i", { "data-side": s.sides.indexOf(side), "aria-hidden": "true" }, { 1: "\u25A0 ", 2: "\u25C6 " }[s.sides.indexOf(side)] || "\u25CF "), side))) : null,
      alone.length ? h("p", { class: "sv-faint" }, `In no pair: ${alone.map((n) => `${n.name} (${n.n})`).join(", ")}`) : null),
    h("div", { class: "gr-side" }, list(app), papersOf(app))), stampOf(app)];
}
function keys(event, app) {
  if (toFrame(event, app)) return true;
  const box = event.target;
  if (box.getAttribute?.("role") !== "listbox" || event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === "ArrowDown" && box.tagName === "INPUT") { app.root.querySelector(".gr-options")?.focus(); return true; }
    return false;
  }
  const shown = options(app).slice(0, 200), at = app.ui.cursor || 0;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
  if (to !== undefined) {
    app.ui.cursor = Math.min(shown.length - 1, Math.max(0, to));
    app.redraw();
    app.root.querySelector("li[data-cursor]")?.scrollIntoView({ block: "nearest" });
    return true;
  }
  if ((event.key === "Enter" || event.key === " ") && shown[at]) { pick(app, shown[at].codes); return true; }
  return false;
}
export default { render: mount("graph", { label: "Graph of codes raised together", draw, keys }) };
