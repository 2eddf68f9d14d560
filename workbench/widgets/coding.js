// The coding widget: see coding.py. Letters jump to facets, digits give levels; see HELP.

const HELP = [["/", "find a code by its name"], ["s p l ...", "go to a facet (its letter stands beside its name)"],
  ["\u2190 \u2192", "move among the codes of a facet"], ["Space", "code it, or take it back"], ["n", "no information"],
  ["u", "sure or unsure"], ["*", "make it the principal one"], ["i", "give it instead of what it excludes"], ["1 2 3 4", "level of the code"],
  ["w", "take the words selected in the paper"], ["z", "take the last step back"], ["j k", "next, previous paper"],
  ["Shift+S", "sign off"], ["PageDown PageUp", "turn the paper over"], ["?", "this list"], ["Esc", "to the frame, from a field or button in it"], ["Esc Esc", "leave the widget"], ["Tab", "on, as everywhere"]];
const TAKEN = new Set(["n", "u", "i", "w", "z", "j", "k"]);
function letters(app) {
  const used = new Set(TAKEN), out = {};
  for (const f of facets(app)) {
    const letter = [...f.id.replace(/[^a-z]/g, "")].find((l) => !used.has(l));
    if (letter) { used.add(letter); out[f.id] = letter; }
  }
  return out;
}
// ---- the whole
function draw(app) {
  const s = app.state;
  app.shown = false;
  if (!s.once) return faultsOf(app);
  if (!s.coder || s.not_coder) return chooser(app, "Who are you?");
  const here = s.paper ? `${s.paper.key} ${s.basis}` : "";
  if (app.ui.here !== here) Object.assign(app.ui, { here, open: {}, query: "", look: null, selection: "", roving: {}, picking: null, card: null });
  // First what stands in the columns: only what has no place there is said above them.
  const columns = !s.paper ? h("p", { "data-key": "none" }, "No paper is in: screen some first (notebook 02), or wait for a second screener.")
    : h("div", { class: "sv-columns", "data-key": "columns" },
      h("div", { class: "sv-left" }, paper(app), beside(app)),
      h("div", { class: "sv-right", tabindex: "0", role: "region", "aria-label": "Facets", "data-steady": "" }, ...coding(app)));
  return [bar(app), ...seenBefore(app), ...cameBack(app), ...said(app, "top"),
    ...clashOf(app, () => app.send(app.clash.mine.name, app.clash.mine), () => app.send("open")), columns];
}
// What Python answered, beside what was used; a question of Python's too.
function said(app, place) {
  const before = app.shown, out = answered(app, place);
  return app.shown !== before ? [...out, ...asked(app)] : out;
}

function bar(app) {
  const s = app.state, count = (status) => s.queue.filter(([, st]) => st === status).length, done = count("signed") + count("holds");
  const sign = { signed: "\u2713 signed off", holds: "\u2713 still holds", begun: "\u2026 begun", skipped: "\u21b7 skipped", stale: "\u21ba came back", open: "" };
  return h("div", { class: "sv-bar sv-top", "data-key": "bar" },
    h("strong", {}, `Coding as ${s.coder}`), h("span", {}, `schema ${s.schema}`),
    h("label", {}, "from the ", h("select", { "data-id": "basis", onchange: (e) => app.send("basis", { basis: e.target.value }) },
      ["title", "abstract", "full-text"].map((b) => h("option", { value: b, selected: b === s.basis }, b)))),
    h("span", {}, h("progress", { max: s.queue.length || 1, value: done, "aria-label": "Papers signed off" }), ` ${done} of ${s.queue.length} signed off`,
      count("holds") ? `, ${count("holds")} of them under an earlier wording that still holds` : ""), savedMark(app),
    count("stale") ? h("span", { class: "sv-missing" }, `${count("stale")} came back: the wording changed`) : null,
    h("label", {}, "Paper ", h("select", { "data-id": "paper", class: "sv-papers", onchange: (e) => go(app, { paper: e.target.value }) },
      s.queue.map(([p, st]) => h("option", { value: p, selected: s.paper && p === s.paper.key }, entryOf(app, p, sign[st]))))),
    button("Previous", () => go(app, { step: -1 }), { keyed: "k", "data-id": "previous" }),
    button("Next", () => go(app, { step: 1 }), { keyed: "j", "data-id": "next" }),
    button("Skip for now", () => app.send("skip").then(() => turned(app, "Skipped. Next paper: ")), { "data-id": "skip" }),
    button("Undo", () => app.send("undo"), { keyed: "z", "data-id": "undo", disabled: !s.undo }),
    button("Keys", () => { app.ui.help = !app.ui.help; app.redraw(); }, { keyed: "?", "aria-expanded": String(!!app.ui.help), "data-id": "help" }),
    app.ui.help ? h("dl", { class: "sv-help", "data-key": "keys" }, HELP.map(([k, what]) => h("div", {}, h("dt", {}, key(k)), h("dd", {}, what)))) : null);
}
function seenBefore(app) {
  return app.state.codes_seen ? [h("p", { class: "sv-notes", "data-key": "seen" }, h("strong", {}, "Not blind: "),
    "you looked at the machines' codes of this paper in the verification widget. A coding you give now cannot count as an independent one.")] : [];
}
// A paper that its coder signed off under an earlier wording: what it said, what it says, and what was coded then.
function cameBack(app) {
  const back = app.state.stale;
  if (!back) return [];
  const gave = (r) => [h("code", {}, `${r.facet} ${r.code}`), [r.state === "present" ? "" : ` ${r.state}`, r.level ? ` ${r.level}, ${r.role}` : "", r.principal === "yes" ? " principal" : "", r.note ? `: ${r.note}` : ""].join("")];
  const then = h("details", { "data-key": "then" }, h("summary", {}, `What you coded under ${back.version}`), h("ul", {}, back.gave.map((r) => h("li", {}, gave(r)))));
  if (!back.parts.length) return [h("div", { class: "sv-notes", "data-key": "back" }, h("p", {}, `You signed this paper off under schema ${back.version}, and the wording it rests on still holds: there is nothing to do.`), then)];
  return [h("div", { class: "sv-notes sv-back", role: "region", tabindex: "0", "aria-label": "Changed wording", "data-key": "back" },
    h("p", {}, h("strong", {}, "This paper came back. "), `What you coded under schema ${back.version} rests on words that ${app.state.schema} changed. Code it again under the new words, and sign it off.`),
    back.parts.map((p) => h("div", { "data-key": `${p.part} ${p.old}` }, h("h4", {}, p.part, h("small", {}, ` you said ${p.said.join(", ")}`)),
      h("div", { class: "sv-two" }, h("p", {}, h("strong", {}, `${back.version}: `), p.old ? changedWords(p.old, p.new) : "(not there)"),
        h("p", {}, h("strong", {}, `${app.state.schema}: `), p.new ? changedWords(p.new, p.old) : "(gone)")))), then)];
}
// Of a text what it does not share, at beginning and end, with its other version.
function changedWords(text, other) {
  const a = text.split(" "), b = other ? other.split(" ") : [];
  let from = 0, to = 0;
  while (from < Math.min(a.length, b.length) && a[from] === b[from]) from += 1;
  while (to < Math.min(a.length, b.length) - from && a[a.length - 1 - to] === b[b.length - 1 - to]) to += 1;
  const middle = a.slice(from, a.length - to).join(" ");
  return [a.slice(0, from).join(" "), " ", middle ? h("mark", {}, middle) : null, " ", a.slice(a.length - to).join(" ")];
}
function go(app, where) {
  const sent = app.send("go", where);
  app.where = "top";
  return sent.then(() => turned(app, where.step ? (where.step > 0 ? "Next paper: " : "Previous paper: ") : ""));
}
function sign(app) {
  const had = app.root.ownerDocument.activeElement, by = had === at(app, "sign"), sent = app.send("sign");
  app.where = "foot";
  return sent.then((answer) => {
    if (answer.faults.length || answer.clash) return;
    if (by) focusOn(app, "onwards");
    app.root.querySelector(".sv-foot")?.scrollIntoView({ block: "nearest" });
    app.say("Signed off. j goes on to the next paper");
  });
}
function asked(app) {
  const ask = app.state.ask;
  return ask ? [h("div", { class: "sv-clash", role: "alertdialog", "aria-label": "A later change", "data-key": "ask" },
    ask.what.length === 1 ? h("p", {}, h("strong", {}, ask.what[0])) : h("ul", {}, ask.what.map((w) => h("li", {}, h("strong", {}, w)))), h("p", {}, ask.text),
    h("div", { class: "sv-bar" }, button("Save it as a new row", () => app.send(ask.message.name, { ...ask.message, revise: true, commit: true }), { "data-id": "revise" }),
      button("Leave it as it was", () => app.send("open"), { "data-id": "leave-it" })))] : [];
}

// ---- left: the paper, and the codebook of what has the focus
function beside(app) {
  const look = app.ui.look || { terms: "start" };
  let inside;
  if (look.code) {
    const facet = facets(app).find((f) => f.id === look.facet), c = facet && facet.codes.find((x) => x.id === look.code);
    if (c) inside = codeBook(app, facet, c);
  } else if (look.facet) {
    const f = facets(app).find((x) => x.id === look.facet);
    if (f) inside = [h("h3", {}, f.name), h("p", {}, f.question), h("ul", {}, f.rules.map((r) => h("li", {}, r)))];
  } else if (look.terms && app.state.once.codebook[look.terms]) {
    inside = [h("h3", {}, look.terms === "levels" ? "Levels" : look.terms === "roles" ? "Roles" : "Remedy for the failure"),
      app.state.once.codebook[look.terms].map((t) => h("div", {}, h("p", {}, h("strong", {}, t.name), ": ", t.definition),
        t.good ? h("p", { class: "sv-eg" }, h("span", { class: "sv-ok" }, "yes: "), t.good) : null,
        t.bad ? h("p", { class: "sv-eg" }, h("span", { class: "sv-missing" }, "no: "), t.bad) : null))];
  }
  if (!inside) {
    inside = [h("h3", {}, "Codebook"), h("p", {}, app.state.once.codebook.purpose),
      h("p", {}, h("strong", {}, "Four answers differ. "), "A code you give is ", h("em", {}, "present"), ". ", h("em", {}, "No information"),
        " means the text raises the matter but withholds what is needed to decide. What you leave alone becomes ", h("em", {}, "absent"),
        " when you sign off, and only then. A paper you ", h("em", {}, "skip"), " says nothing."),
      app.state.once.codebook.rules.map((r) => h("details", { "data-key": r.id }, h("summary", {}, r.id), h("p", {}, r.text)))];
  }
  return h("div", { class: "sv-book", tabindex: "0", role: "region", "aria-label": "Codebook" }, inside);
}
// ---- right: the facets
function coding(app) {
  const s = app.state, keysOf = letters(app), out = [];
  for (const f of facets(app)) {
    const able = f.codes.some((c) => c.bases.includes(s.basis));
    if (!able) out.push(h("p", { class: "sv-faint", "data-key": `facet-${f.id}` }, h("strong", {}, f.name), `: not assessable from the ${s.basis}; nothing to code.`));
    else out.push(f.levelled ? modes(app, f, keysOf[f.id]) : plain(app, f, keysOf[f.id]));
  }
  return [...out, others(app), footer(app)].filter(Boolean);
}
function heading(app, f, letter) {
  const lacks = f.id in app.state.lacking;
  const range = f.max === null ? (f.min ? `${f.min} or more` : "any number, or none") : f.min === f.max ? `exactly ${f.min}` : `${f.min} to ${f.max}`;
  return h("h4", { id: `${app.ui.id}-${f.id}` }, h("button", { type: "button", class: "sv-link", "data-id": `facet-${f.id}`, "data-look": f.id,
    title: "Its rules in the codebook" }, f.name), letter ? [" ", key(letter)] : null, " ", h("small", {}, `${range}${f.principal ? ", one principal" : ""}`),
  lacks ? h("span", { class: "sv-missing" }, app.state.lacking[f.id].startsWith("has 0 ") ? " missing" : " not right yet") : null);
}
function plain(app, f, letter) {
  const held = app.state.codes[f.id] || {}, able = f.codes.filter((c) => c.bases.includes(app.state.basis));
  const first = able.find((c) => c.id === (app.ui.roving || {})[f.id]) || able[0];
  return h("div", { class: "sv-facet", "data-key": `facet-${f.id}`, "data-place": `facet-${f.id}` }, heading(app, f, letter), chipActions(app, f, held),
    h("div", { class: "sv-chips", role: "group", "aria-labelledby": `${app.ui.id}-${f.id}` }, able.map((c) => {
      const row = held[c.id], tick = h("span", { class: "sv-tick", "aria-hidden": "true", "data-on": row ? (row.state === "present" ? "yes" : "open") : "no", "data-one": f.max === 1 ? "yes" : null });
      const words = [row ? (row.state === "present" ? "coded" : "no information") : "not coded", row && row.principal === "yes" ? "principal" : "",
        row && row.confidence === "unsure" ? "unsure" : ""].filter(Boolean).join(", "), why = contrary(app, f, c.id);
      return h("button", { type: "button", class: "sv-chip", "data-id": `${f.id}/${c.id}`, "data-code": c.id, "data-facet": f.id, "data-look": `${f.id}/${c.id}`,
        "data-key": c.id, tabindex: c === first ? "0" : "-1", "aria-pressed": row ? (row.state === "present" ? "true" : "mixed") : "false",
        "aria-label": `${c.name}: ${words}`, "aria-disabled": why ? "true" : null, title: why || null, onclick: () => toggle(app, f, c.id) },
      tick, c.name, row && row.principal === "yes" ? " \u2605" : "", row && row.confidence === "unsure" ? " (unsure)" : "", row && row.state !== "present" ? " (no information)" : "");
    })), said(app, `facet-${f.id}`));
}
// A code that excludes the others of its facet is not given beside one: what stands in the way of this one, else nothing.
function inTheWay(app, f, code) {
  const held = app.state.codes[f.id] || {}, given = Object.keys(held).filter((c) => held[c].state === "present");
  const alone = (id) => f.codes.find((c) => c.id === id)?.alone;
  return given.includes(code) ? [] : alone(code) ? given : given.filter(alone);
}
const nameIn = (f, id) => f.codes.find((c) => c.id === id)?.name || id;
function contrary(app, f, code) {
  const way = inTheWay(app, f, code), alone = way.find((c) => f.codes.find((x) => x.id === c)?.alone) || code;
  return way.length ? `${nameIn(f, alone)} stands alone: take back ${way.map((c) => nameIn(f, c)).join(", ")}, or give ${nameIn(f, code)} instead.` : "";
}
// One step, so that a paper that is signed off stays complete.
function instead(app, f, code) {
  const way = inTheWay(app, f, code);
  if (!way.length) return app.say("Nothing stands in its way");
  for (const c of way) foresee(app, f.id, c, null);
  foresee(app, f.id, code, { state: "present" });
  app.send("set", { facet: f.id, code, state: "present", instead: true });
}
// What the keys n, u and * do, for a mouse. In every facet the line is there, with the question until a code is in hand:
// what comes and goes would move everything below it.
function chipActions(app, f, held) {
  const now = app.ui.look && app.ui.look.facet === f.id && app.ui.look.code;
  if (!now || !f.codes.some((c) => c.id === now)) return h("div", { class: "sv-bar sv-actions", "data-key": "actions" }, h("small", {}, f.question));
  const name = f.codes.find((c) => c.id === now).name, row = held[now], why = contrary(app, f, now);
  return h("div", { class: "sv-bar sv-actions", "data-key": "actions" }, h("small", {}, `${name}:`),
    button(row && row.state === "no-information" ? "Not coded" : "No information", () => noInformation(app, f, now), { keyed: "n", "data-id": `${f.id}-n` }),
    row && row.state === "present" ? button(row.confidence === "unsure" ? "Sure" : "Unsure", () => unsure(app, f, now), { keyed: "u", "data-id": `${f.id}-u` }) : null,
    f.principal && row && row.state === "present" && row.principal !== "yes" ? button("Principal", () => principal(app, f, now), { keyed: "*", "data-id": `${f.id}-p` }) : null,
    why ? [button("Give it instead", () => instead(app, f, now), { keyed: "i", "data-id": `${f.id}-i` }), h("span", { class: "sv-missing", "data-key": "alone" }, why)] : null);
}
// What the user did is shown at once, before Python has answered; the answer puts it right.
function foresee(app, facet, code, row) {
  const held = (app.state.codes[facet] ||= {});
  if (app.state.signed) return;
  if (row) held[code] = { ...(held[code] || { confidence: "sure", principal: "" }), ...row }; else delete held[code];
  app.redraw();
}
function toggle(app, f, code) {
  const row = (app.state.codes[f.id] || {})[code], present = row && row.state === "present";
  app.ui.roving = { ...app.ui.roving, [f.id]: code };
  app.ui.look = { facet: f.id, code };
  const why = contrary(app, f, code);
  if (why) { app.redraw(); app.say(why); return; }
  foresee(app, f.id, code, present ? null : { state: "present" });
  app.send("set", { facet: f.id, code, state: present ? "withdrawn" : "present" });
}
function noInformation(app, f, code) {
  const row = (app.state.codes[f.id] || {})[code], now = row && row.state === "no-information";
  foresee(app, f.id, code, now ? null : { state: "no-information", principal: "" });
  app.send("set", { facet: f.id, code, state: now ? "withdrawn" : "no-information" });
}
function unsure(app, f, code) {
  const row = (app.state.codes[f.id] || {})[code];
  if (!row) return app.say("Code it first");
  const confidence = row.confidence === "unsure" ? "sure" : "unsure";
  foresee(app, f.id, code, { confidence });
  app.send("set", { facet: f.id, code, state: row.state, confidence });
}
function principal(app, f, code) {
  const row = (app.state.codes[f.id] || {})[code];
  if (!f.principal || !row || row.state !== "present") return app.say("Code it first");
  app.send("set", { facet: f.id, code, state: "present", principal: row.principal === "yes" ? "no" : "yes" });
}

// ---- failure modes: type-ahead, then a card each
// Spellings, hyphens and a final s apart; words are found at their beginning, so that "lying" is not in "underlying".
const foldedOnce = new Map();
function folded(text) {
  let out = foldedOnce.get(text);
  if (out === undefined) {
    out = ` ${text.toLowerCase().replace(/z/g, "s").replace(/[^a-z0-9@]+/g, " ").trim().replace(/([^s])s(?= |$)/g, "$1")} `;
    foldedOnce.set(text, out);
  }
  return out;
}
// Every word must be found, by name before synonym before definition; where that finds nothing, some words, by their stems.
// What is called by the very words that were typed comes before everything.
function found(app) {
  const asked = folded(app.ui.query || ""), words = asked.trim().split(" ").filter(Boolean), s = app.state;
  const able = levelled(app).codes.filter((c) => c.bases.includes(s.basis));
  const scored = (wanted, all) => able.map((c) => {
    const name = folded(`${c.name} / ${c.id}`), terms = [...c.synonyms, ...c.everyday], called = [c.name, c.id, ...terms].map(folded);
    let score = called.includes(asked) ? 100 : called.some((t) => t.startsWith(asked.trimEnd())) ? 20 : 0, hits = 0, why = "";
    for (const w of wanted) {
      const as = terms.find((x) => folded(x).includes(` ${w}`)), at_ = (text) => folded(text).includes(` ${w}`);
      let one = 0;
      if (name.includes(` ${w}`)) one = 8;
      else if (as) { one = 4; why = as; } else if (at_(c.definition)) { one = 2; why ||= "in its definition"; }
      else if (at_(c.include)) { one = 1; why ||= "in its rules"; }
      score += one; hits += one > 0;
    }
    const very = terms.find((t) => folded(t) === asked);
    return words.length === 0 || (all ? hits === wanted.length : hits > 0) ? { c, score: words.length ? score : 0, why: very || why } : null;
  }).filter(Boolean).sort((a, b) => b.score - a.score || able.indexOf(a.c) - able.indexOf(b.c));
  const exact = scored(words, true);
  const list = exact.length || !words.length ? exact : scored(words.map((w) => w.slice(0, Math.max(4, w.length - 4))), false);
  return list.slice(0, words.length ? 8 : 60);
}
function modes(app, f, letter) {
  const s = app.state, ui = app.ui, list = ui.listing ? found(app) : [];
  const now = Math.min(ui.pick || 0, Math.max(0, list.length - 1)), listId = `${ui.id}-found`;
  return h("div", { class: "sv-facet", "data-key": `facet-${f.id}`, "data-place": `facet-${f.id}` }, heading(app, f, letter), h("p", {}, h("small", {}, f.question)),
    h("div", { class: "sv-search" }, h("input", { type: "text", "data-id": "search", role: "combobox", "aria-expanded": String(ui.listing ? "true" : "false"),
      "aria-controls": listId, "aria-autocomplete": "list", "aria-label": `Find a code by name, synonym or definition`, autocomplete: "off", spellcheck: "false",
      "aria-activedescendant": list.length ? `${listId}-${now}` : null, placeholder: "Type to find a code: name, synonym, definition ( / )", value: ui.query || "",
      onfocus: (e) => { ui.listing = true; ui.pick = 0; ui.fresh = true; e.target.select(); app.redraw(); lookAt(app, found(app)[0]); },
      onclick: (e) => { if (ui.fresh) e.target.select(); ui.fresh = false; }, // the click itself has set the caret
      onblur: () => { ui.listing = false; setTimeout(() => app.redraw(), 150); },
      oninput: (e) => { ui.query = e.target.value; ui.listing = true; ui.pick = 0; ui.fresh = false; lookAt(app, found(app)[0]); app.redraw(); },
      onkeydown: (e) => searching(e, app, found(app)) }),
    h("ul", { role: "listbox", id: listId, tabindex: "-1", "aria-label": "Codes found", hidden: !ui.listing, class: "sv-found" }, list.length ? list.map(({ c, why }, i) =>
      h("li", { role: "option", id: `${listId}-${i}`, "data-key": c.id, "aria-selected": String(i === now), onmousedown: (e) => e.preventDefault(), onclick: () => add(app, c.id) },
        h("strong", {}, c.name), s.modes[c.id] ? " (coded)" : "", why ? h("small", {}, ` ${why}`) : null, h("small", { class: "sv-def" }, ` ${c.definition}`)))
      : ui.listing ? [h("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, "Nothing found: try a synonym, or fewer letters")] : [])),
    said(app, `facet-${f.id}`),
    Object.entries(s.modes).map(([id, m]) => card(app, id, m)),
    Object.keys(s.modes).length ? null : h("p", { class: "sv-faint", "data-key": "no-modes" }, "None coded. Signing off like this says: this text raises none."));
}
// Nothing found: beside it stands what the facet asks, and no entry that was not asked for.
function lookAt(app, hit) { app.ui.look = hit ? { facet: levelled(app).id, code: hit.c.id } : { facet: levelled(app).id }; app.redraw(); }
function emptied(app) {
  const box = at(app, "search");
  app.ui.query = ""; app.ui.pick = 0;
  if (box) { box.value = ""; delete box.dataset.dirty; }
}
function searching(e, app, list) {
  const ui = app.ui;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    ui.listing = true;
    ui.pick = Math.max(0, Math.min(list.length - 1, (ui.pick || 0) + (e.key === "ArrowDown" ? 1 : -1)));
    lookAt(app, list[ui.pick]);
    app.redraw();
    app.root.querySelector('.sv-found [aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    e.preventDefault();
  } else if (e.key === "Enter") { e.preventDefault(); if (list[ui.pick || 0]) add(app, list[ui.pick || 0].c.id); }
}
function add(app, code) {
  const ui = app.ui;
  emptied(app);
  ui.listing = false; ui.card = code; ui.open = { [code]: true };
  ui.look = { facet: levelled(app).id, code };
  if (app.state.modes[code]) { app.redraw(); focusOn(app, `${code}-level-${app.state.modes[code].cells.level || "mentions"}`); return; }
  app.send("mode", { code, cells: {}, typing: true }).then(() => { emptied(app); app.redraw(); app.root.querySelector(`[data-key="mode-${code}"] input`)?.focus(); });
}
function card(app, id, m) {
  const c = modeOf(app, id), open = (app.ui.open || {})[id] ?? (m.draft || !m.saved), book = app.state.once.codebook;
  const mark = m.draft ? h("span", { class: "sv-missing" }, m.missing.length ? `draft: still missing: ${m.missing.join("; ")}` : m.wrong.length ? "draft: not right yet" : "draft: not saved yet")
    : h("span", { class: "sv-ok" }, m.state === "present" ? "saved" : "saved: no information", m.revision > 1 ? `, revision ${m.revision}` : "");
  const later = app.state.signed && m.draft && !m.missing.length && !m.wrong.length;
  return h("div", { class: `sv-card${m.draft ? " sv-draft" : ""}`, "data-key": `mode-${id}`, "data-card": id, "data-place": `mode-${id}` },
    h("div", { class: "sv-bar" }, h("button", { type: "button", class: "sv-link", "data-id": `${id}-head`, "data-look": `${levelled(app).id}/${id}`, "aria-expanded": String(!!open),
      onclick: () => { app.ui.open = { ...app.ui.open, [id]: !open }; app.ui.card = id; app.redraw(); } }, open ? "\u25be " : "\u25b8 ", h("strong", {}, c.name)),
    m.cells.level && !open ? h("span", {}, `${m.cells.level}, ${m.cells.role}`) : null, mark),
    m.draft && m.wrong.length ? h("ul", { "data-key": "wrong" }, m.wrong.map((w) => h("li", { class: "sv-missing" }, w))) : null,
    open ? h("div", { class: "sv-fields" }, m.state === "present" ? [
      radios(app, id, m, "level", book.levels.map((t, i) => ({ ...t, name: `${i + 1} ${t.name}` })), "levels"), radios(app, id, m, "role", book.roles, "roles"),
      words(app, id, m), area(app, id, m, "note"),
      radios(app, id, m, "figure_seen", YES_NO, "levels"), radios(app, id, m, "mitigates", book.mitigates, "mitigates"),
      radios(app, id, m, "formal", YES_NO, "levels"), radios(app, id, m, "confidence", [{ id: "sure", name: "sure" }, { id: "unsure", name: "unsure" }]),
      line(app, id, m, "locator")] : h("p", {}, "The text raises it and withholds what is needed to decide: no level, no words."),
    h("div", { class: "sv-bar" },
      later ? button("Save as a new row (revision)", () => app.send("mode", { code: id, cells: {}, commit: true, revise: true }), { "data-id": `${id}-commit` }) : null,
      m.draft && m.saved ? button("Back to what is saved", () => app.send("drop", { code: id }), { "data-id": `${id}-drop` }) : null,
      button(m.state === "present" ? "No information instead" : "Code it after all", () => app.send("mode", { code: id, cells: {}, state: m.state === "present" ? "no-information" : "present" }), { "data-id": `${id}-none` }),
      button(m.saved ? "Withdraw this code" : "Drop this draft", () => app.send("withdraw", { code: id }), { "data-id": `${id}-withdraw` }))) : null, said(app, `mode-${id}`));
}
// ---- what others coded (only after both signed off: Python sends nothing before), and signing off
function others(app) {
  const s = app.state;
  if (!s.signed) return null;
  const names = Object.entries(s.others), shut = app.ui.shut && app.ui.unveiled !== s.paper.key;
  const tick = h("label", { class: "sv-radio" }, h("input", { type: "checkbox", "data-id": "shut", checked: !!app.ui.shut,
    onchange: (e) => { app.ui.shut = e.target.checked; app.ui.unveiled = ""; remember("survey-others-shut", e.target.checked); app.redraw(); } }),
  " keep the others' codes hidden until I ask (who sees them paper after paper learns their habits)");
  return h("div", { class: "sv-facet", "data-key": "others" }, h("h4", {}, "The other coders"), tick, names.length && shut
    ? h("p", { "data-key": "shut" }, `${names.length === 1 ? "One other coder has" : `${names.length} other coders have`} signed it off too. `,
      button("Show their codes of this paper", () => { app.ui.unveiled = s.paper.key; app.redraw(); }, { "data-id": "unveil" })) : names.length ? names.map(([who, rows]) => h("div", { "data-key": who },
    h("p", {}, h("strong", {}, who), " signed it off too:"), h("ul", {}, rows.map((r) => h("li", {}, h("code", {}, `${r.facet} ${r.code}`),
      [r.state === "no-information" ? " no information" : "", r.level ? ` ${r.level}, ${r.role}` : "", r.principal === "yes" ? " principal" : "", r.note ? `: ${r.note}` : ""].join(""))))))
    : h("p", {}, "Nobody else has signed this paper off yet. Until then nobody sees the other's coding."));
}
function footer(app) {
  const s = app.state, drafts = Object.entries(s.modes).filter(([, m]) => m.draft).map(([id]) => modeOf(app, id).name);
  const keysOf = letters(app), stop = [...facets(app).filter((f) => f.id in s.lacking).map((f) => [f.name, " ", key(keysOf[f.id]), ` ${s.lacking[f.id]}`]),
    ...drafts.map((d) => `${d} is still a draft`)];
  return h("div", { class: "sv-facet sv-foot", "data-key": "foot", "data-place": "foot" }, said(app, "foot"), s.signed
    ? [h("p", { class: "sv-ok" }, `\u2713 Signed off on the ${s.basis} under schema ${s.schema}, ${s.signed.replace("T", " ").replace("Z", " UTC")}.`),
      h("p", {}, "Changes after this are new rows that say so."), h("div", { class: "sv-bar" }, button("Next paper", () => go(app, { step: 1 }), { keyed: "j", "data-id": "onwards" }), savedMark(app))]
    : [stop.length ? [h("p", {}, h("strong", {}, "Before you can sign off:")), h("ul", {}, stop.map((t) => h("li", { class: "sv-missing" }, t)))] : h("p", { class: "sv-ok" }, "Nothing is missing."),
      h("div", { class: "sv-bar" }, button(`Sign off: coded on the ${s.basis}; what is not coded is absent`, () => sign(app), { keyed: "Shift+S", "data-id": "sign" }), savedMark(app))]);
}

// ---- keys
function pressed(event, app) {
  const ui = app.ui, s = app.state, k = event.key;
  if (k === "Escape") {
    if (event.target === at(app, "search")) emptied(app);
    if (ui.listing || ui.picking) { ui.listing = false; ui.picking = null; app.redraw(); }
    return false;
  }
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !s || !s.once) return false;
  if (k === "?") { ui.help = !ui.help; app.redraw(); return true; }
  if (!s.paper) return false;
  if (turnedOver(event, app)) return true;
  const chip = event.target.closest("[data-code]"), card_ = event.target.closest("[data-card]");
  if (chip) {
    const facet = facets(app).find((f) => f.id === chip.dataset.facet), code = chip.dataset.code;
    if (["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"].includes(k)) {
      const all = [...chip.parentNode.querySelectorAll("[data-code]")], i = all.indexOf(chip);
      const to = k === "Home" ? 0 : k === "End" ? all.length - 1 : (i + (k === "ArrowRight" || k === "ArrowDown" ? 1 : -1) + all.length) % all.length;
      ui.roving = { ...ui.roving, [facet.id]: all[to].dataset.code };
      all[to].focus();
      return true;
    }
    if (k === "n") { noInformation(app, facet, code); return true; }
    if (k === "u") { unsure(app, facet, code); return true; }
    if (k === "*") { principal(app, facet, code); return true; }
    if (k === "i") { instead(app, facet, code); return true; }
  }
  if (card_ && /^[1-9]$/.test(k)) {
    const level = s.once.codebook.levels[Number(k) - 1];
    if (level) { change(app, card_.dataset.card, "level", level.id); focusOn(app, `${card_.dataset.card}-level-${level.id}`); }
    return true;
  }
  if (k === "/") { inSight(app); focusOn(app, "search"); return true; }
  if (k === "z") { if (s.undo) app.send("undo"); else app.say("Nothing to take back"); return true; }
  if (k === "j" || k === "k") { go(app, { step: k === "j" ? 1 : -1 }); return true; }
  if (k === "S") { sign(app); return true; }
  if (k === "w") {
    const text = selected(app) || ui.selection, into = card_ ? card_.dataset.card : ui.card;
    if (text && into && s.modes[into]) change(app, into, "words", text); else app.say("Select words in the paper, and open a code");
    return true;
  }
  const letter = Object.entries(letters(app)).find(([, l]) => l === k);
  if (letter) {
    const facet = facets(app).find((f) => f.id === letter[0]);
    inSight(app);
    if (facet.levelled) focusOn(app, "search");
    else app.root.querySelector(`[data-facet="${facet.id}"][tabindex="0"]`)?.focus();
    return true;
  }
  return false;
}
// A wish of this browser's; where it keeps nothing, the wish lasts as long as the page.
function remember(name, wish) { try { localStorage.setItem(name, wish ? "yes" : ""); } catch { /* the page keeps it */ } }
function remembered(name) { try { return localStorage.getItem(name) === "yes"; } catch { return false; } }
function begin(app) {
  app.edit = (code, cells, typing) => app.send("mode", typing ? { code, cells, typing } : { code, cells });
  app.ui.id = `sv${Math.random().toString(36).slice(2, 8)}`;
  app.ui.shut = remembered("survey-others-shut");
  app.root.addEventListener("focusin", (e) => {
    const look = e.target.dataset && e.target.dataset.look, inside = e.target.closest && e.target.closest("[data-card]");
    if (inside) app.ui.card = inside.dataset.card;
    if (!look && !inside) return;
    if (look && look.startsWith("=")) app.ui.look = { terms: look.slice(1) };
    else if (look) { const [facet, code] = look.split("/"); app.ui.look = { facet, code }; }
    else app.ui.look = { facet: levelled(app).id, code: inside.dataset.card };
    app.redraw();
  });
}

export default { render: mount("coding", { label: "Coding", draw, keys: pressed, begin }) };
