// The verification widget: see verification.py.

const OUTCOME = { confirm: "confirmed", correct: "corrected", reject: "rejected", add: "added" };
const WORDS = [["\u2191 \u2193", "move among the codes"], ["c", "confirm"], ["r", "reject"], ["e", "correct"], ["a", "add a code the machines missed"], ["z", "how to change what you said"],
  ["j k", "next, previous paper"], ["PageDown PageUp", "turn the paper over"],
  ["?", "this list"], ["Esc", "to the frame, from a field or button in it"], ["Esc Esc", "leave the widget"], ["Tab", "on, as everywhere"]];
const nameOf = (app, facet, code) => facets(app).find((f) => f.id === facet)?.codes.find((c) => c.id === code)?.name || code;

function draw(app) {
  const s = app.state;
  app.shown = false;
  if (!s.once) return faultsOf(app);
  if (!s.coder || s.not_coder) return [...chooser(app, "Who are you?"), banner(app)];
  // First what stands in the columns: only what has no place there is said above them.
  const columns = !s.paper ? h("p", { "data-key": "none" }, "There is nothing to verify: no machine's coding is settled yet.") : !s.shown ? gate(app)
    : h("div", { class: "sv-columns", "data-key": "columns" },
      h("div", { class: "sv-left" }, paper(app), h("div", { class: "sv-book", tabindex: "0", role: "region", "aria-label": "Codebook" }, entry(app))),
      h("div", { class: "sv-right", tabindex: "0", role: "region", "aria-label": "Codes that stand", "data-steady": "" }, codes(app), adding(app)));
  return [bar(app), banner(app), ...answered(app, "top"),
    ...clashOf(app, () => app.send(app.clash.mine.name, app.clash.mine), () => app.send("open")), columns];
}

function banner(app) {
  // As every figure and survey status count it: who coded, adjudicated or audited a code has seen to it.
  const x = app.state.share, share = !x.of ? "no code yet"
    : `${x.verified} of ${x.of} final codes, coded, adjudicated or audited by a human; ${x.said} audited`;
  const what = h("p", {}, "You see what the machines gave and say whether it holds: this tells how many of their codes are right (precision). What they missed is told by coding papers ",
    h("em", {}, "without"), " seeing their codes, in the coding widget of notebook 03 (recall). These two estimates are never pooled; the count above is neither of them, but how many codes any human has seen to.");
  return h("div", { class: "sv-notes", "data-key": "banner" }, h("p", {}, h("strong", {}, "Human-verified: "), share, "."),
    app.state.coder && !app.state.not_coder ? h("details", { "data-key": "what" }, h("summary", {}, "An audit: what it tells, and what it does not"), what) : what);
}
function bar(app) {
  const s = app.state, done = s.queue.filter(([, st]) => st === "done").length, sign = { done: () => "\u2713 all verified", begun: (n, of) => `${n} of ${of} verified`, open: () => "" };
  return h("div", { class: "sv-bar sv-top", "data-key": "bar" }, h("strong", {}, `Verifying as ${s.coder}`), h("span", {}, `from the ${s.basis}, schema ${s.schema}`),
    h("span", {}, h("progress", { max: s.queue.length || 1, value: done, "aria-label": "Papers verified" }), ` ${done} of ${s.queue.length} papers wholly verified`), savedMark(app),
    h("label", {}, "Paper ", h("select", { "data-id": "paper", class: "sv-papers", onchange: (e) => go(app, { paper: e.target.value }) },
      s.queue.map(([p, st, n, of]) => h("option", { value: p, selected: s.paper && p === s.paper.key }, entryOf(app, p, sign[st](n, of)))))),
    button("Previous", () => go(app, { step: -1 }), { keyed: "k", "data-id": "previous" }), button("Next", () => go(app, { step: 1 }), { keyed: "j", "data-id": "next" }),
    button("Keys", () => { app.ui.help = !app.ui.help; app.redraw(); }, { keyed: "?", "aria-expanded": String(!!app.ui.help), "data-id": "help" }),
    app.ui.help ? h("dl", { class: "sv-help", "data-key": "keys" }, WORDS.map(([k, what]) => h("div", {}, h("dt", {}, key(k)), h("dd", {}, what)))) : null);
}
function go(app, where) {
  const sent = app.send("go", where);
  app.where = "top";
  return sent.then(() => {
    Object.assign(app.ui, { row: 0, look: null, card: null, selection: "", picking: null });
    turned(app, where.step ? (where.step > 0 ? "Next paper: " : "Previous paper: ") : "");
  });
}

// Before the codes of a paper are shown: what seeing them costs.
function gate(app) {
  const s = app.state, coding = s.blind === "coding";
  return h("div", { class: "sv-two", "data-key": "gate" }, h("div", {}, paper(app)), h("div", {}, h("h3", {}, coding ? "You are coding this paper" : "You have not coded this paper"),
    coding ? h("p", {}, "Sign it off in the coding widget first: until then nobody else's codes of it are shown to you.")
      : [h("p", {}, "Once you have seen the machines' codes, a coding of yours of this paper is no longer blind, and the coding widget will say so."),
        s.blind === "drawn" ? h("p", { class: "sv-missing" }, "This paper was drawn at random for a blind human recoding: code it in notebook 03 first, unless somebody else does.") : null,
        button("Show the machines' codes", () => app.send("reveal").then(() => app.root.focus()), { "data-id": "reveal" })],
    " ", button("Next paper", () => go(app, { step: 1 }), { keyed: "j", "data-id": "onwards" })));
}
function entry(app) {
  const look = app.ui.look, facet = look && facets(app).find((f) => f.id === look.facet), c = facet && facet.codes.find((x) => x.id === look.code);
  if (look && look.terms && app.state.once.codebook[look.terms]) {
    return app.state.once.codebook[look.terms].map((t) => h("p", {}, h("strong", {}, t.name), ": ", t.definition));
  }
  return c ? codeBook(app, facet, c) : [h("h3", {}, "Codebook"), h("p", {}, "Move to a code: its definition and its neighbours stand here.")];
}

function codes(app) {
  const s = app.state;
  return h("div", { "data-key": "codes" }, h("h3", {}, "Codes that stand"), s.codes.length ? null : h("p", {}, "None."), s.codes.map((c, i) => code(app, c, i)));
}
function code(app, c, i) {
  const s = app.state, at_ = `${c.facet}/${c.code}`, draft = s.drafts[at_], name = nameOf(app, c.facet, c.code);
  const held = (v) => !v ? "" : [v.state === "no-information" ? "no information" : "", v.level, v.role, v.formal === "yes" ? "formal" : "", v.figure_seen === "yes" ? "number seen" : "",
    v.mitigates && v.mitigates !== "no" ? `remedy: ${v.mitigates}` : "", v.principal === "yes" ? "principal" : "", v.confidence === "unsure" ? "unsure" : ""].filter(Boolean).join(", ");
  const facet = facets(app).find((f) => f.id === c.facet);
  return h("div", { class: `sv-card${c.said === "reject" ? " sv-out" : c.said || c.human_verified ? "" : " sv-todo"}`, "data-key": at_, "data-row": i, "data-place": at_, "data-facet": c.facet, "data-code": c.code },
    h("div", { class: "sv-bar" }, h("button", { type: "button", class: "sv-link", "data-id": at_, "data-look": at_ }, h("small", {}, facet ? facet.name : c.facet), " ", h("strong", {}, name)),
      h("span", {}, held(c.values)), c.open ? h("span", { class: "sv-missing" }, "the coders differ: adjudicate it") : null,
      c.said ? h("span", { class: "sv-said" }, `${c.said === "reject" ? "\u2717" : "\u2713"} you ${OUTCOME[c.said]} it`, c.said_values && held(c.said_values) ? `: ${held(c.said_values)}` : "")
        : c.human_verified ? h("span", { class: "sv-ok" }, "\u2713 human-verified") : null),
    c.said && app.ui.row === i ? h("p", { class: "sv-faint", "data-key": "change" }, otherwise(c)) : null,
    c.behind.length ? h("ul", {}, c.behind.map((b) => h("li", {}, h("strong", {}, b.coder), b.kind === "language-model" ? " (machine)" : "", b.level ? ` ${b.level}, ${b.role}: ` : " ", b.note,
      b.words ? [" \u201c", h("q", { class: "sv-words" }, b.words), "\u201d"] : null))) : null,
    c.open ? null : h("div", { class: "sv-bar" },
      c.there ? [button("Confirm", () => say(app, c, "confirm"), { keyed: "c", "aria-pressed": String(c.said === "confirm"), "aria-label": `Confirm ${name}`, "data-id": `${at_}-confirm` }),
        button("Reject", () => say(app, c, "reject"), { keyed: "r", "aria-pressed": String(c.said === "reject"), "aria-label": `Reject ${name}`, "data-id": `${at_}-reject` }),
        button("Correct", () => edit(app, c.facet, c.code), { keyed: "e", "aria-pressed": String(c.said === "correct"), "aria-label": `Correct ${name}`, "data-id": `${at_}-correct` })]
        : c.said === "add" ? [button("Take it back", () => say(app, c, "reject"), { keyed: "r", "aria-label": `Take ${name} back`, "data-id": `${at_}-reject` }),
          button("Change it", () => edit(app, c.facet, c.code), { keyed: "e", "aria-label": `Change ${name}`, "data-id": `${at_}-correct` })]
          : c.said === "reject" ? button("Add it after all", () => edit(app, c.facet, c.code), { keyed: "e", "aria-label": `Add ${name} after all`, "data-id": `${at_}-correct` }) : null,
      // In every card, not only the one in hand: what comes and goes would move the buttons below it.
      c.there ? h("label", { class: "sv-why" }, "Why (optional) ", h("input", { type: "text", "data-id": `${at_}-why`, value: (app.ui.why || {})[at_] || "",
        oninput: (e) => { app.ui.why = { ...app.ui.why, [at_]: e.target.value }; } })) : null),
    draft ? form(app, c.facet, c.code, draft, c.there ? "correct" : "add") : null, answered(app, at_));
}
// A word is not taken back: another one takes its place, and both stay on record.
function otherwise(c) {
  const how = c.there ? `${Object.entries({ confirm: "Confirm (c)", reject: "Reject (r)", correct: "Correct (e)" }).filter(([o]) => o !== c.said).map(([, t]) => t).join(" or ")} instead`
    : c.said === "add" ? "Take it back (r) or change it (e)" : "Add it after all (e)";
  return `By mistake? ${how}: that becomes revision ${c.revision + 1} and counts, and this one stays on record. It cannot be unsaid.`;
}
function say(app, c, outcome, gone = []) {
  const at_ = `${c.facet}/${c.code}`;
  return app.send("say", { facet: c.facet, code: c.code, outcome, instead: gone, note: ["confirm", "reject"].includes(outcome) ? (app.ui.why || {})[at_] || "" : "" }).then((answer) => {
    if (answer.faults.length || answer.clash) return;
    app.ui.why = { ...app.ui.why, [at_]: "" };
    app.say(`${nameOf(app, c.facet, c.code)} ${OUTCOME[outcome]}. Another outcome takes its place`);
  });
}
function edit(app, facet, code_) {
  return app.send("edit", { facet, code: code_, cells: {} }).then(() => {
    const form_ = app.root.querySelector(`[data-key="${CSS.escape(`${facet}/${code_}`)}"] .sv-fields`);
    (form_?.querySelector("input:checked") || form_?.querySelector("input"))?.focus();
  });
}
// A code that stands alone is not added beside another, nor another beside it: the codes to be rejected in the same step.
function inTheWay(app, facet, id) {
  const alone = new Set(facets(app).find((f) => f.id === facet).codes.filter((c) => c.alone).map((c) => c.id));
  return app.state.codes.filter((c) => c.facet === facet && c.code !== id && (c.there ? c.said !== "reject" : c.said === "add") && (alone.has(id) || alone.has(c.code))).map((c) => c.code);
}
// A correction or an addition: the same fields as in coding; kept as a draft until it is said.
function form(app, facet, id, draft, outcome) {
  const m = draft, unfinished = draft.missing.length + draft.wrong.length, book = app.state.once.codebook;
  app.state.modes[id] = { ...(app.state.modes[id] || {}), cells: draft.cells };
  app.ui.facetOf = { ...app.ui.facetOf, [id]: facet };
  const level = levelled(app).id === facet, gone = outcome === "add" ? inTheWay(app, facet, id) : [];
  return h("div", { class: "sv-draft sv-card", "data-key": "form", "data-card": id }, h("p", { class: unfinished ? "sv-missing" : "sv-ok" },
    draft.missing.length ? `still missing: ${draft.missing.join("; ")}` : draft.wrong.length ? "not right yet" : "complete; say it to save it"),
  draft.wrong.length ? h("ul", { "data-key": "wrong" }, draft.wrong.map((w) => h("li", { class: "sv-missing" }, w))) : null,
  h("div", { class: "sv-fields" }, level ? [radios(app, id, m, "level", book.levels.map((t, i) => ({ ...t, name: `${i + 1} ${t.name}` })), "levels"), radios(app, id, m, "role", book.roles, "roles"),
    words(app, id, m), area(app, id, m, "note"), radios(app, id, m, "figure_seen", YES_NO, "levels"), radios(app, id, m, "mitigates", book.mitigates, "mitigates"),
    radios(app, id, m, "formal", YES_NO, "levels"), radios(app, id, m, "confidence", [{ id: "sure", name: "sure" }, { id: "unsure", name: "unsure" }]), line(app, id, m, "locator")]
    : [facets(app).find((f) => f.id === facet).principal ? radios(app, id, m, "principal", YES_NO) : null,
      radios(app, id, m, "confidence", [{ id: "sure", name: "sure" }, { id: "unsure", name: "unsure" }])].filter(Boolean)),
  h("div", { class: "sv-bar" }, button(outcome !== "add" ? "Save this correction" : gone.length ? `Add this code and reject ${gone.map((c) => nameOf(app, facet, c)).join(", ")}` : "Add this code", () => say(app, { facet, code: id }, outcome, gone), { "data-id": `${facet}/${id}-say`, disabled: unfinished > 0 }),
    button("Drop it", () => app.send("drop", { facet, code: id }), { "data-id": `${facet}/${id}-drop` })));
}
function adding(app) {
  const s = app.state, there = new Set(s.codes.filter((c) => c.there || c.open).map((c) => `${c.facet}/${c.code}`));
  const rest = facets(app).flatMap((f) => f.codes.filter((c) => c.bases.includes(s.basis) && !there.has(`${f.id}/${c.id}`)).map((c) => ({ f, c })));
  const drafts = Object.entries(s.drafts).filter(([at_]) => !s.codes.some((c) => `${c.facet}/${c.code}` === at_));
  return h("div", { "data-key": "adding", class: "sv-facet" }, h("h3", {}, "A code is missing?"), h("label", {}, "Add ", h("select", { "data-id": "add", onchange: (e) => { const [f, c] = e.target.value.split("/"); e.target.value = ""; if (c) edit(app, f, c); } },
    h("option", { value: "", selected: true }, "choose a code"), facets(app).map((f) => h("optgroup", { label: f.name }, rest.filter((x) => x.f === f).map(({ c }) => h("option", { value: `${f.id}/${c.id}` }, c.name)))))),
  drafts.map(([at_, d]) => { const [f, c] = at_.split("/"); return h("div", { "data-key": at_, "data-place": at_ }, h("h4", {}, nameOf(app, f, c)), form(app, f, c, d, "add"), answered(app, at_)); }),
  h("p", { class: "sv-faint" }, "Adding what you happen to notice does not measure what was missed; only blind coding does."));
}

function pressed(event, app) {
  const s = app.state, ui = app.ui, k = event.key;
  if (k === "Escape") { if (ui.picking) { ui.picking = null; app.redraw(); } return false; }
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !s || !s.once) return false;
  if (k === "?") { ui.help = !ui.help; app.redraw(); return true; }
  if (!s.paper) return false;
  if (turnedOver(event, app)) return true;
  if (k === "j" || k === "k") { go(app, { step: k === "j" ? 1 : -1 }); return true; }
  if (!s.shown) return false;
  const row = event.target.closest("[data-row]"), inForm = event.target.closest(".sv-fields"), i = row ? Number(row.dataset.row) : -1, c = s.codes[i];
  if ((k === "ArrowDown" || k === "ArrowUp") && !inForm && s.codes.length) {
    const to = Math.max(0, Math.min(s.codes.length - 1, i + (k === "ArrowDown" ? 1 : -1)));
    at(app, `${s.codes[to].facet}/${s.codes[to].code}`)?.focus();
    return true;
  }
  if (inForm && /^[1-9]$/.test(k) && levelled(app).id === ui.facetOf[inForm.closest("[data-card]").dataset.card]) {
    const level = s.once.codebook.levels[Number(k) - 1], id = inForm.closest("[data-card]").dataset.card;
    if (level) { change(app, id, "level", level.id); focusOn(app, `${id}-level-${level.id}`); }
    return true;
  }
  if (k === "a") { focusOn(app, "add"); return true; }
  if (k === "z") {
    app.notes = [c && c.said ? otherwise(c) : "A word is not taken back: move to the code, and say what holds; both stay on record."];
    app.say(app.notes[0]);
    app.redraw();
    return true;
  }
  if (c && !c.there && !inForm && c.said) {
    if (k === "r" && c.said === "add") { say(app, c, "reject"); return true; }
    if (k === "e") { edit(app, c.facet, c.code); return true; }
  }
  if (c && c.there && !inForm && "cre".includes(k)) { if (k === "e") edit(app, c.facet, c.code); else say(app, c, k === "c" ? "confirm" : "reject"); return true; }
  return false;
}
function begin(app) {
  app.ui.id = `sv${Math.random().toString(36).slice(2, 8)}`;
  app.edit = (id, cells) => app.send("edit", { facet: app.ui.facetOf[id], code: id, cells });
  app.root.addEventListener("focusin", (e) => {
    const look = e.target.dataset && e.target.dataset.look, row = e.target.closest && e.target.closest("[data-row]"), before = JSON.stringify([app.ui.look, app.ui.row]);
    if (row) { app.ui.row = Number(row.dataset.row); app.ui.look = { facet: row.dataset.facet, code: row.dataset.code }; app.ui.card = row.dataset.code; }
    if (look && look.startsWith("=")) app.ui.look = { terms: look.slice(1) };
    if (JSON.stringify([app.ui.look, app.ui.row]) !== before) { app.redraw(); showPlace(app); }
  });
}

export default { render: mount("verification", { label: "Verification", draw, keys: pressed, begin }) };
