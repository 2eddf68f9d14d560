// What coders differ on, most important first. See adjudication.py for what the state holds.

const FIELDS = ["level", "role", "mitigates", "formal", "figure_seen", "principal", "confidence"];
const called = (app, field) => app.state.names[field] || { state: "State", decision: "Decision", reason: "Reason" }[field] || field;
const KINDS = { presence: "whether it is there", level: "the level", role: "the role", mitigates: "whether a remedy is offered",
  principal: "which is principal", decision: "in or out" };
const VALUES = { withdrawn: "does not hold (absent)", "no-information": "no information" };
const WHY_NOT = { coded: "You coded this paper: a third party decides.", screened: "You screened this record: a third party decides." };

const same = (a, b) => a && b && a.length === b.length && a.every((x, i) => x === b[i]);
const name = (at) => at.join("|");

// ---- what the user has begun to write: one draft a dispute, kept in this browser until the ruling is in the file
function drafts(app) {
  if (app.ui.drafts) return app.ui.drafts;
  let held = {};
  try { held = JSON.parse(localStorage.getItem(place(app)) || "{}"); } catch { /* no storage here: drafts live in the page */ }
  return (app.ui.drafts = held);
}
const place = (app) => `survey-adjudication-${app.state.id}-${app.state.who}`;
function draft(app) {
  const all = drafts(app), key = name(app.state.at);
  return (all[key] ??= { chosen: "", rationale: "", values: {}, scope: "" });
}
function keep(app) {
  try { localStorage.setItem(place(app), JSON.stringify(drafts(app))); } catch { /* as above */ }
}

function go(app, key) { if (key) app.send("go", { key }).then(() => turned(app)); }
// Another dispute: the frame has the focus, where the keys act, and its heading is in sight and said.
function turned(app, said = "") {
  const at = document.activeElement;
  if (!app.root.contains(at) && at !== document.body) return;
  app.root.focus({ preventScroll: true });
  const heading = app.root.querySelector(".ad-heading");
  for (const part of [heading, app.root.querySelector(".ad-notes")]) part?.scrollIntoView({ block: "nearest" });
  app.say(`${said}${heading ? heading.textContent : ""}`);
}
// An answer that comes after the user has left does not call them back.
function focusOn(app, selector) {
  const at = document.activeElement;
  if (app.root.contains(at) || at === document.body) app.root.querySelector(selector)?.focus();
}
function step(app, by) {
  const list = app.state.queue, i = list.findIndex((q) => same(q.key, app.state.at));
  go(app, list[Math.min(list.length - 1, Math.max(0, i < 0 ? 0 : i + by))]?.key);
}
function choose(app, what) {
  const d = app.state.dispute;
  if (!d || d.barred || (what === "new" && !d.in_force)) return;
  const mine = draft(app);
  mine.chosen = what;
  if (what === "new" && !Object.keys(mine.values).length) mine.values = agreed(d);
  keep(app);
  app.redraw();
  app.say(what === "new" ? "A coding of your own" : `${what} chosen. r goes to the reason, then Ctrl Enter`);
  // A choice leaves the focus where it is: the next key is a command, not the beginning of the reason.
  if (what === "new") focusOn(app, ".ad-new select");
}
// A merge starts from what the coders have in common; what they differ on is left open.
function agreed(d) {
  const there = d.sides.filter((s) => s.state !== "absent");
  const out = { state: d.screening ? "" : "present" };
  for (const field of FIELDS) {
    const said = new Set(there.map((s) => s.cells[field] || ""));
    if (said.size === 1) out[field] = [...said][0];
  }
  const words = new Set(there.map((s) => s.words));
  if (words.size === 1) out.words = [...words][0];
  const where = new Set(there.map((s) => s.locator || ""));
  if (where.size === 1) out.locator = [...where][0];
  return out;
}
function missing(app) {
  const d = app.state.dispute, mine = draft(app), out = [];
  if (!mine.chosen) out.push("a choice");
  const why = mine.rationale.trim();
  if ((d.must || mine.chosen === "new") && !why) out.push("a rationale");
  else if (why && !isReason(app, why)) out.push(`a rationale of more than a word (at least ${app.state.least_reason} characters)`);
  return out;
}
const isReason = (app, why) => why.length >= app.state.least_reason && /\s/.test(why);
function rule(app) {
  const d = app.state.dispute;
  if (!d || d.barred) return;
  const lacks = missing(app), mine = draft(app), at = app.state.at;
  if (lacks.length) {
    app.ui.told = name(at);
    app.say(`Missing: ${lacks.join(" and ")}`);
    app.redraw();
    focusOn(app, mine.chosen ? ".ad-rationale" : ".ad-side button");
    return;
  }
  app.send("rule", { key: at, chosen: mine.chosen, rationale: mine.rationale, values: mine.values, scope: mine.scope, digest: d.digest })
    .then((answer) => {
      if (answer.faults.length) return;
      delete drafts(app)[name(at)];
      keep(app);
      app.redraw();
      turned(app, `${answer.notes.join(" ")} Next: `);
    });
}

// ---- the pieces
function entry(app, q, number) {
  const here = same(q.key, app.state.at);
  return h("li", { "data-key": name(q.key) },
    h("button", { type: "button", "aria-current": here ? "true" : null, onclick: () => go(app, q.key) },
      h("span", {}, number ? `${number}. ` : "", h("strong", {}, q.code), q.kinds.includes("decision") ? ": " : ` (${q.facet.toLowerCase()}): `, `${q.kinds.map((k) => KINDS[k] || k).join(", ")}`),
      q.barred ? h("span", { class: "sv-faint" }, " - not yours to decide") : null,
      h("span", { class: "ad-title" }, q.title)));
}
function queue(app) {
  const s = app.state;
  return h("nav", { class: "ad-queue", "aria-label": "Queue of disputes, most important first", tabindex: "0" },
    s.queue.length ? h("ol", {}, s.queue.map((q, i) => entry(app, q, i + 1))) : h("p", {}, "Nothing is open."),
    s.open > s.queue.length ? h("p", {}, `and ${s.open - s.queue.length} more`) : null,
    s.settled.length
      ? h("details", { "data-key": "settled" }, h("summary", {}, `Settled: ${s.settled_n}`),
        h("p", { class: "sv-faint" }, "Newest first. A new ruling on one of these is a new revision; the old one stays.",
          s.settled_n > s.settled.length ? ` The last ${s.settled.length} are listed.` : ""),
        h("ol", {}, s.settled.map((q) => entry(app, q, 0))))
      : null);
}
function side(app, d, s, i) {
  const mine = draft(app), chosen = mine.chosen === s.coder;
  const differs = (field) => new Set(d.sides.map((x) => x.cells[field] || "")).size > 1;
  const rows = Object.entries(s.cells).map(([field, value]) =>
    [h("dt", {}, called(app, field)), h("dd", { "data-differs": differs(field) ? "yes" : null }, value)]);
  const states = new Set(d.sides.map((x) => x.state));
  return h("section", { class: "ad-side", "data-key": `side-${s.coder}`, "data-chosen": chosen ? "yes" : null, "aria-label": `What ${s.coder} said` },
    h("h4", {}, s.coder, h("span", { class: "sv-faint" }, s.kind === "language-model" ? "language model" : s.kind)),
    h("dl", {}, h("dt", {}, called(app, d.screening ? "decision" : "state")), h("dd", { "data-differs": states.size > 1 ? "yes" : null }, s.state), rows),
    s.note ? h("p", {}, s.note) : null,
    s.words ? h("blockquote", { title: called(app, "words") }, s.words) : null,
    s.locator ? h("p", { class: "sv-faint" }, s.locator, s.why ? ` (${s.why})` : s.place ? `, at ${s.place.start} to ${s.place.end}` : "") : null,
    d.barred ? null : button(chosen ? "Chosen" : `Choose ${s.coder}`, () => choose(app, s.coder), { keyed: String(i + 1), "aria-pressed": chosen ? "true" : "false" }));
}
function set(app, field, value) { draft(app).values[field] = value; keep(app); }
function field(app, d, label, id, options, takes) {
  const values = draft(app).values, at = `ad-${app.state.id}-${id}`;
  const input = options
    ? h("select", { id: at, value: values[id] || "", onchange: (e) => { set(app, id, e.target.value); app.redraw(); } },
      h("option", { value: "" }, "choose"),
      options.map((o) => h("option", { value: o, selected: (values[id] || "") === o }, VALUES[o] || o)))
    : h("input", { id: at, type: "text", value: values[id] || "", oninput: (e) => set(app, id, e.target.value) });
  // Where all say the same it is filled in already.
  const differ = new Set(d.sides.map((s) => takes(s) || "")).size > 1;
  const said = differ ? d.sides.map((s) => [s.coder, takes(s)]).filter(([, v]) => v) : [];
  return [h("label", { for: at }, label),
    h("div", { class: "ad-field" }, input, said.map(([coder, v]) =>
      h("button", { type: "button", class: "ad-take", "aria-label": `${coder}: take ${label} ${v}`, title: v,
        onclick: () => { set(app, id, v); delete app.root.querySelector(`#${at}`).dataset.dirty; app.redraw(); } },
      `${coder}: ${(VALUES[v] || v).length > 80 ? `${v.slice(0, 80)}...` : VALUES[v] || v}`)))];
}
function anew(app, d) {
  const mine = draft(app), chosen = mine.chosen === "new", there = (mine.values.state || "") === "present";
  if (d.barred) return null;
  const head = button(chosen ? "Writing anew" : "Merge, or write anew", () => choose(app, "new"),
    { keyed: "n", "aria-pressed": chosen ? "true" : "false", disabled: !d.in_force });
  const why = d.in_force ? null : h("p", { class: "sv-faint" }, `Coded under schema ${d.schema}: choose a coder; values of your own need the schema in force.`);
  if (!chosen) return h("section", { class: "ad-new", "data-key": "new", "aria-label": "A coding of your own" }, head, why);
  const o = d.book.options || {};
  const fields = d.screening
    ? [field(app, d, called(app, "decision"), "state", ["include", "exclude"], (s) => (s.state === "unsure" ? "" : s.state)),
      mine.values.state === "exclude" ? field(app, d, called(app, "reason"), "note", d.book.reasons.map((r) => r.id), (s) => s.cells.reason) : null]
    : [field(app, d, called(app, "state"), "state", ["present", "no-information", "withdrawn"], (s) => (s.state === "absent" ? "withdrawn" : s.state)),
      there && d.levelled ? ["level", "role", "mitigates", "formal", "figure_seen"].map((f) =>
        field(app, d, called(app, f), f, o[f], (s) => s.cells[f])) : null,
      there && d.principal ? field(app, d, called(app, "principal"), "principal", ["yes", "no"], (s) => s.cells.principal) : null,
      mine.values.state && mine.values.state !== "withdrawn" ? field(app, d, called(app, "confidence"), "confidence", ["sure", "unsure"], (s) => s.cells.confidence) : null,
      there && d.levelled ? [field(app, d, called(app, "words"), "words", null, (s) => s.words),
        field(app, d, called(app, "locator"), "locator", null, (s) => s.locator)] : null,
      there ? field(app, d, called(app, "note"), "note", null, (s) => s.note) : null];
  return h("section", { class: "ad-new", "data-key": "new", "data-chosen": "yes", "aria-label": "A coding of your own" }, head,
    h("p", { class: "sv-faint" }, "What the coders agree on is filled in. A button beside a field takes what a coder said."),
    h("div", { class: "ad-fields" }, fields));
}
function ruling(app, d) {
  if (d.barred) return h("p", { class: "sv-missing", "data-key": "barred" }, WHY_NOT[d.barred]);
  const mine = draft(app), id = `ad-${app.state.id}-rationale`, told = app.ui.told === name(app.state.at);
  const lacks = told ? missing(app) : [];
  return h("div", { class: "ad-rule", "data-key": "rule" },
    h("label", { for: id }, "Why ", key("r"), " ", h("span", { class: "sv-faint" }, d.must || mine.chosen === "new" ? "(required: more than a word)" : "(may stay empty where you choose a coder)")),
    h("textarea", { id, class: "ad-rationale", rows: "3", value: mine.rationale, "aria-required": d.must ? "true" : null,
      "aria-invalid": lacks.some((l) => l.startsWith("a rationale")) ? "true" : null, "aria-describedby": `${id}-lacks`,
      oninput: (e) => { mine.rationale = e.target.value; keep(app); if (told) app.redraw(); } }),
    d.beside.length && mine.chosen !== "new"
      ? h("label", {}, h("input", { type: "checkbox", checked: mine.scope === "facet", onchange: (e) => { mine.scope = e.target.checked ? "facet" : ""; keep(app); } }),
        ` the same choice and reason for what else is open in ${d.facet.toLowerCase()} of this paper: ${d.beside.join(", ")}`)
      : null,
    h("div", { class: "sv-bar" },
      h("button", { type: "button", class: "ad-go", onclick: () => rule(app) }, d.rulings.length ? "Rule anew " : "Rule ", key("Ctrl Enter")),
      savedMark(app),
      h("span", { id: `${id}-lacks`, class: "sv-missing" }, lacks.length ? `Missing: ${lacks.join(" and ")}.` : "")));
}
function book(app, d) {
  const b = d.book, say = (label, text) => text ? h("p", {}, h("strong", {}, `${label}: `), text) : null;
  if (d.screening) {
    return [h("p", {}, b.question), h("h4", {}, "In, when all of these hold"), h("ul", {}, b.criteria.map((c) => h("li", {}, h("strong", {}, c.id), ` ${c.text}`))),
      h("h4", {}, "Reasons of exclusion"), h("ul", {}, b.reasons.map((c) => h("li", {}, h("strong", {}, c.id), ` ${c.text}`))),
      b.rules.length ? h("ul", {}, b.rules.map((r) => h("li", {}, r))) : null];
  }
  if (!b.id) return [h("p", {}, "The schema in force no longer has this code.")];
  const others = new Set(d.given.flatMap((g) => g.codes.map((c) => c.split(" ")[0])));
  const near = [...b.neighbours].sort((x, y) => others.has(y.id) - others.has(x.id));
  const scales = (b.scales || []).filter((x) => d.kinds.includes(x.of) || (x.of === "level" && d.kinds.includes("presence"))).map((x) =>
    [h("h4", {}, called(app, x.of)), h("ul", {}, x.terms.map((t) => h("li", {}, h("strong", {}, t.id), t.said ? " (said here): " : ": ", t.text)))]);
  const there = !d.kinds.includes("presence"); // all see the code: what they differ on comes first
  return [h("p", {}, h("strong", {}, `${b.name}. `), b.definition), there ? scales : null,
    say("Include when", b.include), say("Exclude when", b.exclude), say("Good example", b.good), say("Bad example", b.bad),
    near.length ? [h("h4", {}, "To tell it from"), h("ul", {}, near.map((n) =>
      h("li", {}, h("strong", {}, n.name), others.has(n.id) ? " (given here): " : ": ", n.rule)))] : null,
    there ? null : scales,
    b.rules.length ? [h("h4", {}, `Rules of ${d.facet.toLowerCase()}`), h("ul", {}, b.rules.map((r) => h("li", {}, r)))] : null];
}
function history(d) {
  if (!d.rulings.length) return null;
  return h("section", { "data-key": "history", "aria-label": "Earlier rulings" }, h("h4", {}, "Earlier rulings, newest first"),
    h("ul", {}, d.rulings.map((r) => h("li", {},
      `${r.at.slice(0, 10)} ${r.by}, revision ${r.revision} under ${r.schema}: `, h("strong", {}, r.chosen === "new" ? "anew" : r.chosen),
      `, ${[VALUES[r.state] || r.state, r.level, r.role].filter(Boolean).join(", ")}. `, r.rationale || ""))));
}
function dispute(app) {
  const d = app.state.dispute;
  if (!d) return h("p", { "data-key": "none", class: "ad-heading", tabindex: "-1" }, "Nothing is left to settle.");
  const marks = d.sides.filter((s) => s.place).map((s) => ({ ...s.place, title: `${s.coder}: the words it rests on`, on: draft(app).chosen === s.coder }));
  const gave = d.given.map((g) => h("li", {}, h("strong", {}, g.coder), `: ${g.codes.join(", ") || "none"}`));
  return h("div", { "data-key": `dispute-${name(app.state.at)}` },
    h("h3", { class: "ad-heading", tabindex: "-1" }, `${d.code}: ${d.kinds.map((k) => KINDS[k] || k).join(", ")}?`),
    h("p", {}, link(d.url, d.title), ` (${[d.authors.split(";")[0] + (d.authors.includes(";") ? " et al." : ""), d.year].filter(Boolean).join(", ")}). `,
      h("span", { class: "sv-faint" }, `${d.paper}; read from the ${d.basis}; schema ${d.schema}`)),
    h("div", { class: "ad-sides" }, d.sides.map((s, i) => side(app, d, s, i)), anew(app, d)),
    ruling(app, d), faultsOf(app), history(d),
    h("div", { class: "ad-below" },
      h("section", { "aria-label": "The text" }, h("h4", {}, "What was read"),
        d.text ? h("div", { class: "ad-text", tabindex: "0", role: "region", "aria-label": "Text, with the words that codes rest on marked" }, marked(d.text, marks))
          : h("p", {}, "Text not in hand. ", d.url ? link(d.url, "Read it at its source") : null,
            ", or bring it with ", h("code", {}, "survey abstracts"), "."),
        gave.length ? [h("h4", {}, `All they gave in ${d.facet.toLowerCase()}`), h("ul", {}, gave)] : null),
      h("section", { "aria-label": "The codebook" }, h("h4", {}, "The codebook"),
        h("div", { class: "ad-book", tabindex: "0", role: "region", "aria-label": "Definition and separating rules" }, book(app, d)))));
}
// A new dispute: its text is scrolled to the first words that a code rests on.
function toTheWords(app) {
  const at = name(app.state.at), box = app.root.querySelector(".ad-text"), mark = box?.querySelector("mark");
  if (!box || app.ui.scrolled === at) return;
  app.ui.scrolled = at;
  box.scrollTop = mark ? mark.offsetTop - box.offsetTop - 40 : 0;
}
function draw(app) {
  const s = app.state;
  requestAnimationFrame(() => { if (app.state.who) toTheWords(app); });
  if (!s.who) {
    return chooser(app, "Who are you?");
  }
  return [h("div", { class: "sv-bar", "data-key": "bar" }, h("strong", {}, `Adjudicating as ${s.who}`),
    h("span", {}, `${s.open} open, ${s.settled_n} settled`),
    s.hidden ? h("span", { class: "sv-faint" }, `${s.hidden} on papers that you have begun to code are not shown`) : null,
    button("Back", () => step(app, -1), { keyed: "k" }), button("Next", () => step(app, 1), { keyed: "j" }),
    h("span", { class: "sv-faint" }, (s.dispute ? s.dispute.sides : []).map((_, i) => [key(String(i + 1)), " "]), "choose, ", key("n"), " anew, ", key("r"), " to the reason, ", key("Ctrl Enter"),
      " rules, ", key("Esc"), " to the frame, then out of the widget")),
  // What became of the last ruling stands above the next heading, where the eye goes.
  h("div", { class: "ad-main" }, queue(app), h("div", {},
    app.notes.length ? h("p", { class: "sv-notes ad-notes", "data-key": "notes" }, app.notes.join(" ")) : null, dispute(app)))];
}
function keys(event, app) {
  const s = app.state;
  if (!s || !s.who) return false;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { rule(app); return true; }
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (/^[1-9]$/.test(event.key)) {
    const chosen = s.dispute && s.dispute.sides[Number(event.key) - 1];
    if (chosen) choose(app, chosen.coder);
    return Boolean(chosen);
  }
  const does = { n: () => choose(app, "new"), j: () => step(app, 1), k: () => step(app, -1), r: () => focusOn(app, ".ad-rationale") }[event.key];
  if (does) does();
  return Boolean(does);
}
export default { render: mount("adjudication", { label: "Adjudication", draw, keys }) };
