// What a paper and a failure mode look like, wherever one is coded: shared by the widgets for coding and verifying.
// A widget gives app.edit(id, cells, typing): keep cells of a failure mode, as a draft while the user is typing.

const YES_NO = [{ id: "no", name: "no" }, { id: "yes", name: "yes" }];
const pauses = new Map();

const facets = (app) => app.state.once.codebook.facets;
const levelled = (app) => facets(app).find((f) => f.levelled);
const modeOf = (app, id) => levelled(app).codes.find((c) => c.id === id);
const at = (app, id) => app.root.querySelector(`[data-id="${CSS.escape(id)}"]`);
const focusOn = (app, id) => at(app, id)?.focus();
const called = (app, name) => app.state.once.codebook.names[name];

// ---- what was refused or noted, beside what was used; at the top where that is gone
function answered(app, place) {
  if (app.shown || (place !== "top" && (app.where || "top") !== place)) return [];
  app.shown = true;
  return [...faultsOf(app), ...(app.notes.length ? [h("div", { class: "sv-notes", "data-key": "notes" }, app.notes.map((t) => h("p", {}, t)))] : [])];
}
// A paper in a list: what was done with it stands after its title, so that typing a title finds it.
function entryOf(app, p, mark) {
  const title = app.state.once.titles[p] || p;
  return `${title.length > 90 ? `${title.slice(0, 88).trimEnd()} ...` : title}${mark ? ` \u00b7 ${mark}` : ""}`;
}
// Another paper: nothing of the last one is in hand, everything stands at its beginning, and the frame has the focus,
// where Space codes nothing.
function turned(app, said) {
  app.root.focus({ preventScroll: true });
  app.redraw();
  for (const part of [".sv-paper", ".sv-right", ".sv-book"]) app.root.querySelector(part)?.scrollTo(0, 0);
  inSight(app);
  app.say(`${said || ""}${app.state.paper ? app.state.paper.title : "No paper"}`);
}
// The whole of it where the window holds it; its beginning where it does not.
function inSight(app) {
  for (const part of [".sv-columns", ".sv-top"]) app.root.querySelector(part)?.scrollIntoView({ block: "nearest" });
}
// PageDown and PageUp turn the paper over, wherever the focus is but in a field or another pane.
function turnedOver(event, app) {
  const pane = app.root.querySelector(".sv-paper");
  if (!pane || !["PageDown", "PageUp"].includes(event.key) || (event.target.getAttribute("role") === "region" && event.target !== pane)) return false;
  pane.scrollBy(0, (event.key === "PageDown" ? 1 : -1) * (pane.clientHeight - 40));
  return true;
}

// ---- the paper, with the words that codes rest on marked
function paper(app) {
  const s = app.state, p = s.paper, chars = Array.from(p.title).length + 2;
  const marks = Object.entries(s.modes).filter(([, m]) => m.place)
    .map(([id, m]) => ({ start: m.place[0], end: m.place[1], title: modeOf(app, id).name, on: id === app.ui.card }));
  const status = (s.queue.find(([k]) => k === p.key) || [])[1], web = p.ids.filter((i) => i.url);
  return h("div", { class: "sv-paper", tabindex: "0", role: "region", "aria-label": "Paper", "data-id": "text",
    onmouseup: () => { const t = selected(app); if (t !== app.ui.selection) { app.ui.selection = t; app.redraw(); } } },
  h("h3", { class: "sv-title" }, marked(p.title, marks)),
  h("p", { class: "sv-faint" }, [p.authors.slice(0, 6).join("; ") + (p.authors.length > 6 ? "; ..." : ""), p.venue, p.year].filter(Boolean).join(" \u00b7 ")),
  h("p", {}, h("code", {}, p.key), p.ids.map((i) => [" ", i.kind, " ", link(i.url, i.text)]), status === "skipped" ? " \u00b7 skipped earlier" : ""),
  p.body ? h("p", { class: "sv-abstract" }, marked(p.body, marks, chars))
    : h("p", { class: "sv-notes" }, p.in_hand ? "You code from the title alone."
      : ["The text is not in hand: ", web.length ? ["read it at ", link(web[web.length - 1].url, "its address"), ", or "] : "", s.basis === "full-text" ? "put it into " : "bring it with ",
        h("code", {}, s.basis === "full-text" ? `.cache/texts/full/${p.key}.txt` : "survey abstracts --from FILE"), ". Words cannot be checked until then; they are kept without a place."]));
}

// What is selected in the paper, taken out to whole words at both ends.
function selected(app) {
  const picked = app.root.ownerDocument.getSelection();
  if (!picked.rangeCount || picked.isCollapsed) return "";
  const range = picked.getRangeAt(0), up = (node) => (node.nodeType === 1 ? node : node.parentElement).closest(".sv-abstract, .sv-title");
  const inside = up(range.startContainer), before = range.cloneRange();
  if (!inside || inside !== up(range.endContainer)) return String(picked).trim();
  before.setStart(inside, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const text = inside.textContent;
  let start = before.toString().length, end = start + range.toString().length;
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (start === end) return "";
  while (start > 0 && !/\s/.test(text[start - 1])) start -= 1;
  while (end < text.length && !/\s/.test(text[end])) end += 1;
  return text.slice(start, end);
}

// ---- the codebook entry of a code
function neighbour(app, facet, n) {
  return [h("button", { type: "button", class: "sv-link", onclick: () => { app.ui.look = { facet: facet.id, code: n.id }; app.redraw(); } }, n.name), ": ", n.rule];
}
function codeBook(app, facet, c) {
  const said = (name, text) => text ? h("p", {}, h("strong", {}, name), " ", text) : null;
  return [h("h3", {}, c.name, " ", h("code", {}, c.id), c.side ? h("small", {}, ` ${c.side} side`) : null), h("p", {}, c.definition),
    c.alone ? h("p", {}, h("strong", {}, "Stands alone"), `: no other code of ${facet.name} beside it.`) : null,
    c.neighbours.length ? h("p", {}, h("strong", {}, "Nearest"), ": ", neighbour(app, facet, c.neighbours[0])) : null,
    said("Code it when", c.include), said("Not when", c.exclude),
    c.good ? h("p", { class: "sv-eg" }, h("span", { class: "sv-ok" }, "Yes: "), c.good) : null,
    c.bad ? h("p", { class: "sv-eg" }, h("span", { class: "sv-missing" }, "No: "), c.bad) : null,
    c.neighbours.length > 1 ? [h("h4", {}, "Also confused with"), h("ul", {}, c.neighbours.slice(1).map((n) => h("li", {}, neighbour(app, facet, n))))] : null,
    !facet.levelled ? h("p", {}, h("strong", {}, `${facet.name}:`), ` ${facet.question}`) : null,
    !facet.levelled && facet.rules.length ? [h("h4", {}, `Rules of ${facet.name}`), h("ul", {}, facet.rules.map((r) => h("li", {}, r)))] : null];
}

// ---- the fields of a failure mode
function lacks(m, name) { return m.cells[name] ? null : h("span", { class: "sv-missing" }, " missing"); }
function change(app, id, name, value) {
  const m = app.state.modes[id];
  if (m) { m.cells[name] = value; if (name !== "words" && name !== "note") app.redraw(); }
  clearTimeout(pauses.get(`${id} ${name}`));
  return app.edit(id, { [name]: value }, false).then(() => { if (name === "words") showPlace(app); });
}
// Keystrokes become a draft at every pause; leaving the field completes the change.
function typed(app, id, name, value) {
  clearTimeout(pauses.get(`${id} ${name}`));
  pauses.set(`${id} ${name}`, setTimeout(() => app.edit(id, { [name]: value }, true), 350));
}
// Scroll the paper, and nothing else, to the words of the failure mode in hand.
function showPlace(app) {
  const pane = app.root.querySelector(".sv-paper"), mark = pane && pane.querySelector("mark.sv-on");
  if (!mark) return;
  const from = mark.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  if (from < 0 || from > pane.clientHeight - 40) pane.scrollTop += from - pane.clientHeight / 3;
}
function radios(app, id, m, name, terms, look) {
  return h("fieldset", { "data-key": name, class: terms.length < 4 && name !== "role" ? "sv-half" : null }, h("legend", {}, called(app, name), lacks(m, name)), terms.map((t) => h("label", { class: "sv-radio" },
    h("input", { type: "radio", name: `${app.ui.id}-${id}-${name}`, "data-id": `${id}-${name}-${t.id}`, "data-look": look ? `=${look}` : null, checked: m.cells[name] === t.id,
      onchange: (e) => { if (e.target.checked) change(app, id, name, t.id); } }), ` ${t.name}`)));
}
function field(app, id, m, name, box, ...more) {
  return h("div", { class: "sv-field", "data-key": name }, h("label", {}, h("span", {}, called(app, name), lacks(m, name)), box), ...more);
}
const editing = (app, id, m, name) => ({ "data-id": `${id}-${name}`, value: m.cells[name], spellcheck: name === "note" ? "true" : "false",
  oninput: (e) => typed(app, id, name, e.target.value), onchange: (e) => change(app, id, name, e.target.value.trim()) });
function area(app, id, m, name) { return field(app, id, m, name, h("textarea", { rows: tall(m.cells[name]), "data-look": `${levelled(app).id}/${id}`, ...editing(app, id, m, name) })); }
// Rows enough to show all that is in a field, where the browser does not see to it.
function tall(text) { return Math.max(2, Math.min(6, Math.ceil((text || "").length / 64))); }
function line(app, id, m, name) { return field(app, id, m, name, h("input", { type: "text", ...editing(app, id, m, name) })); }

// The words a code rests on: copied, selected in the paper, or picked among the sentences that hold what was typed.
function sentences(app, typed_) {
  const p = app.state.paper, all = [p.title, ...(p.body ? p.body.split(/(?<=[.!?])\s+(?=\S)/) : [])];
  const words = (typed_ || "").toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((t) => t.split(" ").length >= 5 && words.every((w) => t.toLowerCase().includes(w))).slice(0, 8);
}
function words(app, id, m) {
  const ui = app.ui, open = ui.picking === id, said = m.cells.words.trim();
  const list = open ? sentences(app, ui.typedWords ?? "") : [], now = Math.min(ui.sentence ?? -1, list.length - 1);
  const more = app.state.once.codebook.least_words - said.split(/\s+/).length, off = m.broken;
  const leaves = !off ? "" : !off.until ? `\u2717 does not stand in the text: not even its first word, "${off.at}"`
    : `\u2717 does not stand in the text like this: after "${off.until}" you have "${off.at}", the text ${off.instead ? `"${off.instead}"` : "ends"}`;
  const told = !said ? (app.state.paper.in_hand ? "Type a few letters and take a sentence with the arrow keys and Enter, paste the words, or select them in the paper." : "")
    : !app.state.paper.in_hand ? "cannot be checked: the text is not in hand"
      : more > 0 ? `${m.place ? "in the text so far; " : ""}${more} more word${more > 1 ? "s" : ""} of it, please${leaves ? `; ${leaves}` : ""}`
        : m.place ? "\u2713 stands in the text (marked in the paper)" : leaves;
  const wrong = said && app.state.paper.in_hand && (!m.place || more > 0);
  const close = () => { ui.picking = null; ui.sentence = -1; ui.typedWords = ""; };
  const take = (text) => { close(); const box = at(app, `${id}-words`); if (box) { box.value = text; delete box.dataset.dirty; } change(app, id, "words", text); app.redraw(); };
  return field(app, id, m, "words", h("textarea", { rows: tall(m.cells.words), ...editing(app, id, m, "words"), "aria-describedby": `${ui.id}-${id}-told`,
    oninput: (e) => { ui.picking = id; ui.typedWords = e.target.value; ui.sentence = -1; typed(app, id, "words", e.target.value); app.redraw(); },
    onblur: () => { if (ui.picking === id) setTimeout(() => { if (ui.picking === id) { close(); app.redraw(); } }, 150); },
    onkeydown: (e) => {
      if (e.key === "ArrowDown" && ui.picking !== id && !e.target.value) { ui.picking = id; ui.typedWords = ""; ui.sentence = 0; app.redraw(); e.preventDefault(); }
      else if (ui.picking === id && list.length && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
        ui.sentence = Math.max(-1, Math.min(list.length - 1, now + (e.key === "ArrowDown" ? 1 : -1))); app.redraw(); e.preventDefault();
      } else if (e.key === "Enter" && ui.picking === id && now >= 0) { take(list[now]); e.preventDefault(); }
    } }),
  h("small", { id: `${ui.id}-${id}-told`, "data-key": "told", class: wrong ? "sv-missing" : "sv-faint" }, told),
  ui.selection && app.state.paper.in_hand ? button("Use the words selected in the paper", () => take(ui.selection), { keyed: "w", "data-key": "use", "data-id": `${id}-use` }) : null,
  open && list.length ? h("ul", { class: "sv-found sv-sentences", role: "listbox", tabindex: "-1", "aria-label": "Sentences of the text", "data-key": "sentences" }, list.map((t, i) =>
    h("li", { role: "option", "aria-selected": String(i === now), onmousedown: (e) => e.preventDefault(), onclick: () => take(t) }, t))) : null);
}

