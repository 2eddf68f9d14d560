// Screening: one record at a time. See screening.py for what the state holds.

// Letters for streams: those that no command uses, the home row first.
const LETTERS = "asdfghjkqwrtyvbm";
const WORDS = { include: "included", exclude: "excluded", unsure: "unsure" };
const ORDER_NAMES = { stream: "by stream", random: "at random", learner: "by the learner" };
// A record must have been in sight for so long before a key decides it: the second of two quick presses was for the one before.
const LEAST_MS = 400;

// ---- what is being said of the record in hand, kept in this browser until the decision is in the file
const place = (app) => `survey-screening-${app.state.id}-${app.state.coder}-${app.state.stage}`;
const atFullText = (app) => app.state.stage === "full-text";
function hand(app) {
  const r = app.state.record;
  if (app.ui.hand && app.ui.hand.paper === r.paper && app.ui.hand.revision === (r.mine ? r.mine.revision : "0")) return app.ui.hand;
  const fresh = { paper: r.paper, revision: r.mine ? r.mine.revision : "0", streams: r.mine ? r.mine.streams : r.before ? r.before.streams : [],
    note: r.mine ? r.mine.note : "", basis: r.mine ? r.mine.basis : r.basis, asked: "", since: Date.now() };
  try {
    const kept = JSON.parse(localStorage.getItem(place(app)) || "{}");
    if (kept.paper === fresh.paper && kept.revision === fresh.revision) Object.assign(fresh, { streams: kept.streams, note: kept.note });
  } catch { /* no storage here: what is typed lives in the page */ }
  return (app.ui.hand = fresh);
}
function keep(app) {
  try { localStorage.setItem(place(app), JSON.stringify(app.ui.hand)); } catch { /* as above */ }
}
function focusOn(app, selector) { (app.root.querySelector(selector) || app.root).focus(); }
// Another record stands in the frame: nothing that was in hand is of it, and no button has the focus, so that the key or
// the click that decided the last one cannot decide this one unread. Its title and the buttons are brought into sight.
function turned(app, said) {
  const note = app.root.querySelector(".sc-note");
  if (note) delete note.dataset.dirty;
  app.ui.hand = null;
  app.root.focus({ preventScroll: true });
  app.redraw();
  app.root.querySelector(".sc-record")?.scrollTo(0, 0);
  inSight(app);
  const r = app.state.record;
  app.say(`${said ? `${said} ` : ""}${r ? r.title : app.state.drawn ? "Nothing is left." : ""}`);
}
// The whole of it where the window holds it; its beginning where it does not.
function inSight(app) {
  for (const part of [".sc-main", ".sc-bar", ".sc-title"]) app.root.querySelector(part)?.scrollIntoView({ block: "nearest" });
}

function toggle(app, stream) {
  const mine = hand(app);
  mine.streams = mine.streams.includes(stream) ? mine.streams.filter((s) => s !== stream) : [...mine.streams, stream];
  mine.asked = "";
  keep(app);
  app.say(`${stream} ${mine.streams.includes(stream) ? "named" : "taken away"}`);
  app.redraw();
}
function takeGuessed(app) {
  const mine = hand(app);
  mine.streams = [...new Set([...mine.streams, ...app.state.record.guessed])];
  keep(app);
  app.say(`Named: ${mine.streams.join(", ") || "none"}`);
  app.redraw();
}
function tell(app, what) {
  app.ui.told = what;
  app.say(what);
  app.redraw();
}
// Ask once where something was probably forgotten; the same key again means it.
function forgotten(app, decision) {
  const mine = hand(app);
  if (mine.asked === decision) return false;
  const what = decision === "include" && !mine.streams.length && app.state.once.streams.length
    ? "No stream is named: the record would count for none when the next are drawn. Name one, or include it again."
    : decision === "unsure" && !mine.note.trim()
      ? "Unsure is for missing information: say in the note what is missing, or press Unsure again."
      : null;
  if (!what) return false;
  mine.asked = decision;
  tell(app, what);
  return true;
}
function decide(app, decision, reason = "") {
  const r = app.state.record, mine = r && hand(app);
  if (!r) return;
  if (app.busy || Date.now() - mine.since < LEAST_MS) {
    // Better a press lost than one that decides a record nobody has read; but it must not be lost silently.
    tell(app, app.busy ? "That press came while the last decision was being saved, and decided nothing." : "That press came too soon after the record appeared, and decided nothing.");
    return;
  }
  if (forgotten(app, decision)) return;
  app.ui.told = "";
  const cells = { paper: r.paper, decision, reason, streams: mine.streams.join(";"), note: mine.note, basis: mine.basis };
  app.send("decide", cells).then((answer) => {
    if (answer.faults.length || answer.clash) return;
    app.ui.last = { decision, reason, title: r.title };
    turned(app, `${WORDS[decision]}${reason ? `: ${reason}` : ""}, saved.${app.state.record ? " Next:" : ""}`);
  });
}
const act = (app, name, cells) => { app.ui.told = ""; app.ui.last = null; return app.send(name, cells); };
const go = (app, name, said, cells) => act(app, name, cells).then((answer) => { if (!answer.faults.length) turned(app, said); });
function back(app) { go(app, "back", "Decided before:"); }
function on(app) { go(app, "on", "Next:"); }
function look(app, paper) { go(app, "show", "Decided before:", { paper }); }
function reorder(app, order) {
  const sent = act(app, "order", { order }), few = order === "learner" && fewFor(app.state);
  if (order === "learner") tell(app, "The learner reads the texts; the first time this takes some seconds.");
  sent.then(() => {
    app.ui.hand = null; app.ui.told = "";
    if (few) tell(app, few); else app.redraw();
  });
}
function suggest(app) { if (app.state.record) act(app, "suggest", { paper: app.state.record.paper }); }
function list(app) {
  const on = !app.state.list;
  act(app, "list", { on }).then(() => {
    const shown = app.root.querySelector(".sc-list");
    shown?.scrollIntoView({ block: "nearest" });
    app.say(on && shown ? shown.querySelector("h4").textContent : "The criteria are shown again");
  });
}
// Levels and codes, which the criteria speak of: both folds open, or both shut.
function codes(app) {
  const open = () => {
    const folds = [...app.root.querySelectorAll(".sc-codes details")], to = !folds.every((f) => f.open);
    for (const fold of folds) fold.open = to;
    const pane = app.root.querySelector(".sc-rules"), first = folds[0];
    if (pane && first) pane.scrollTop = to ? first.offsetTop - pane.offsetTop - 4 : 0;
    app.say(to ? "Levels and codes are shown" : "Levels and codes are hidden");
  };
  if (app.state.list && app.state.record) act(app, "list", { on: false }).then(open); else open();
}
// What the learner has to go by, said where it is chosen.
function fewFor(s) {
  const few = s.once.few, { include, exclude } = s.counts;
  return Math.min(include, exclude) < few
    ? `The learner has ${include} in and ${exclude} out to go by: until ${few} of each its order is a guess.` : "";
}

// ---- what is shown
const percent = (x) => `${Math.floor(x * 1000) / 10}%`;
function time(s) {
  if (s.seconds === null || !s.decided) return "";
  const m = Math.round(s.minutes_left), each = s.seconds < 90 ? `${Math.round(s.seconds)} s` : `${Math.round(s.seconds / 60)} min`;
  return `about ${m < 1 ? "a minute" : m < 90 ? `${m} min` : `${Math.floor(m / 60)} h ${m % 60} min`} left, at ${each} each`;
}
function top(app) {
  const s = app.state, id = `sc-order-${s.id}`, few = fewFor(s);
  const learner = few ? ` (a guess before ${s.once.few} of each)` : "";
  return h("div", { "data-key": "top" },
    h("div", { class: "sv-bar sc-bar" },
      h("strong", {}, `Screening ${atFullText(app) ? "full texts " : ""}as ${s.coder}`),
      h("progress", { max: s.drawn, value: s.decided, "aria-label": "Records decided" }),
      h("span", {}, `${s.decided} of ${s.drawn} decided (${s.counts.include} in, ${s.counts.exclude} out, ${s.counts.unsure} unsure)`),
      h("span", { class: "sv-faint" }, time(s))),
    h("div", { class: "sv-bar sc-bar" },
      h("span", {}, h("label", { for: id }, "Order "),
        h("select", { id, class: "sc-order", value: s.order, onchange: (e) => reorder(app, e.target.value) },
          s.once.orders.map((o) => h("option", { value: o, selected: o === s.order },
            ORDER_NAMES[o] + (o === "learner" ? learner : ""))))),
      button("Back to the last", () => back(app), { keyed: "z", disabled: !s.decided, title: "Show what you decided last, to change it" }),
      button(s.list ? "Hide my decisions" : "My decisions", () => list(app), { keyed: "x", class: "sc-mine", "aria-expanded": s.list ? "true" : "false" }),
      savedMark(app)));
}
const host = (url) => { try { return new URL(url).host.replace(/^www\./, ""); } catch { return url; } };
function identifiers(ids) { return ids.map((x, i) => [i ? ", " : null, x.kind === "page" ? ["page at ", link(x.url, host(x.url))] : [x.kind, " ", link(x.url, x.text)]]); }
// A venue that names its year need not have it said again.
const where = (r) => [r.venue, r.venue.includes(r.year) ? "" : r.year].filter(Boolean).join(", ");
function duplicate(d) {
  const settled = { same: "decided: one work", different: "decided: two works" }[d.settled] || "not decided";
  return h("li", {}, h("strong", {}, d.title || d.paper), ` (${where(d) || "no venue"}). `, identifiers(d.ids),
    `. ${d.why}; ${settled}. `, d.mine ? `You ${d.mine === "unsure" ? "were unsure of" : WORDS[d.mine]} it.` : d.drawn ? "It is to be screened too." : "It is not to be screened.");
}
// Where a text is to be read that is not here, and how to bring it here.
function howToGet(app) {
  const r = app.state.record;
  return [r.ids.length ? ["Read it: ", identifiers(r.ids), ". "] : "No address of it is known. ", "To have it here, ",
    atFullText(app)
      ? ["put its text into ", h("code", {}, r.full_file), ", the title in the first line"]
      : ["run ", h("code", {}, "survey abstracts --zotero groups/NUMBER"), " or, with a .bib that holds abstracts, ", h("code", {}, "survey abstracts --from FILE")],
    ", then ", button("Look again", () => act(app, "open").then(() => { app.ui.hand = null; app.redraw(); }), { "data-id": "again" }), "."];
}
function record(app) {
  const r = app.state.record, mine = hand(app), basis = `sc-basis-${app.state.id}`;
  const names = Object.fromEntries(app.state.once.streams.map((s) => [s.id, s.name]));
  const authors = r.authors.length > 6 ? [...r.authors.slice(0, 6), `and ${r.authors.length - 6} more`] : r.authors;
  const first = r.first_public && r.first_public !== r.year ? `first public ${r.first_public}` : "";
  return h("div", { class: "sc-record", tabindex: "0", role: "region", "aria-label": "The record", "data-key": `record-${r.paper}` },
    r.mine ? h("p", { class: "sv-notes" }, `You decided this on ${r.mine.at.slice(0, 10)}: `, h("strong", {}, WORDS[r.mine.decision]),
      r.mine.reason ? ` (${r.mine.reason})` : "", ". It stands until you decide anew, which becomes revision ",
      String(Number(r.mine.revision) + 1), ". ", button("Leave it, go on", () => on(app), { keyed: "o" })) : null,
    h("h3", { class: "sc-title" }, r.title),
    h("p", {}, authors.map((a) => (a === "others" ? "and others" : a)).join("; ")),
    h("p", {}, [r.venue ? where(r) : `no venue known${r.year ? `, ${r.year}` : ""}`, first].filter(Boolean).join(", "), ". ", identifiers(r.ids), " ", h("code", {}, r.paper)),
    r.duplicates.length ? h("div", { class: "sv-notes sc-duplicates" }, h("strong", {}, "May be the same work as"), h("ul", {}, r.duplicates.map(duplicate)),
      r.duplicates.some((d) => !d.settled) ? h("p", { class: "sv-faint" }, "Screen it as if it stood alone; whether the two are one work is decided with ", h("code", {}, "survey duplicates"), ".") : null) : null,
    r.before ? h("p", {}, "From title and abstract you ", h("strong", {}, r.before.decision === "unsure" ? "were unsure" : `${WORDS[r.before.decision]} it`),
      r.before.reason ? ` (${r.before.reason})` : "", r.before.note ? `: ${r.before.note}` : ".") : null,
    r.note ? h("p", { class: "sv-notes", "data-key": "note" }, r.note, " ", r.bases.length ? [howToGet(app), " ",
      h("label", { for: basis }, "I decide by "),
      h("select", { id: basis, value: mine.basis, onchange: (e) => { mine.basis = e.target.value; } },
        r.bases.map(([value, name]) => h("option", { value, selected: mine.basis === value }, name)))] : null) : null,
    r.full.length ? r.full.map((p) => h("p", { class: "sc-abstract" }, p)) : r.abstract ? h("p", { class: "sc-abstract" }, r.abstract) : null,
    h("p", { class: "sv-faint" }, r.guessed.length ? `The search suggests: ${r.guessed.map((g) => names[g] || g).join(", ")}.` : "The search suggests no stream."));
}
// What became of the record before, where the eye is when it goes.
function lately(app) {
  const last = app.ui.last, title = last && (last.title.length > 60 ? `${last.title.slice(0, 58).trimEnd()} ...` : last.title);
  return last ? [h("strong", {}, WORDS[last.decision]), last.reason ? ` (${last.reason})` : "", `: ${title} (`, key("z"), " takes it back)"] : "";
}
function choices(app) {
  const s = app.state, mine = hand(app), was = s.record.mine || {}, id = `sc-note-${s.id}`;
  const pressed = (yes) => (yes ? "true" : "false");
  return h("div", { class: "sc-choices", "data-key": "choices" },
    h("div", { class: "sc-streams", role: "group", "aria-label": "Streams of the record" },
      h("span", {}, "Streams: "),
      s.once.streams.map((t, i) => button(t.name, () => toggle(app, t.id),
        { keyed: LETTERS[i], "data-key": t.id, title: t.text, "aria-pressed": pressed(mine.streams.includes(t.id)) })),
      // Always there, so that no button changes its place with the record.
      button("Those suggested", () => takeGuessed(app), { keyed: ".", "data-key": ".", disabled: !s.record.guessed.length })),
    h("div", { class: "sc-noting" }, h("label", { for: id }, "Note, in your own words ", key("n")),
      h("textarea", { id, class: "sc-note", rows: "1", value: mine.note, oninput: (e) => { mine.note = e.target.value; mine.asked = ""; keep(app); } })),
    h("div", { class: "sc-decide", role: "group", "aria-label": "Decision" },
      button("Include", () => decide(app, "include"), { keyed: "i", "data-key": "i", "aria-pressed": pressed(was.decision === "include") }),
      button("Unsure", () => decide(app, "unsure"), { keyed: "u", "data-key": "u", "aria-pressed": pressed(was.decision === "unsure") }),
      h("p", { class: "sc-told", "data-key": "told", "data-asks": app.ui.told ? "yes" : null }, app.ui.told || lately(app)),
      h("span", { class: "sc-break" }), h("span", {}, "Exclude: "),
      s.once.reasons.map((r, i) => button(r.name, () => decide(app, "exclude", r.id),
        { keyed: i < 9 ? String(i + 1) : null, "data-key": r.id, title: r.text, "aria-pressed": pressed(was.decision === "exclude" && was.reason === r.id) }))));
}
function learner(app) {
  const t = app.state.suggestion;
  if (!t) return h("p", { "data-key": "learner" }, button("Ask the learner", () => suggest(app), { keyed: "l" }),
    h("span", { class: "sv-faint" }, " Hidden until you ask, so that it does not steer you."));
  if (t.why) return h("p", { "data-key": "learner" }, t.why);
  return h("p", { "data-key": "learner" }, "The learner: ", h("strong", {}, t.score.toFixed(2)),
    ` (0 like what you excluded, 1 like what you included; no probability), place ${t.rank} of ${t.of} not decided, from ${t.included} in and ${t.excluded} out.`,
    t.own ? " It was trained with your decision on this record." : "");
}
function found(app) {
  const r = app.state.recall, o = app.state.once;
  if (!r) {
    return h("div", { "data-key": "recall", class: "sc-recall" }, h("h4", {}, "What becomes of it"),
      h("p", {}, "What is decided here overtakes title and abstract: a record that one has decided is pending, and in no count, until the other screener has decided it too, or a third has ruled."));
  }
  return h("div", { "data-key": "recall", class: "sc-recall" },
    h("h4", {}, "How much of what is in is found?"),
    r.value === null ? h("p", {}, r.note === "nothing read at random yet" ? "Not estimable: the latest records were not read at random." : "")
      : h("p", {}, h("strong", {}, percent(r.value)), r.left ? ` (90% interval ${percent(r.low)} to ${percent(r.high)}), from the last ${r.run === 1 ? "record" : `${r.run} records`}, read at random.` : "."),
    h("p", { class: r.stop && r.left ? "sv-notes" : null }, r.advice),
    h("p", { class: "sv-faint" }, "Unsure counts as in. The check is the rule of Callaghan & Müller-Hansen (2020). It is made anew after every record, which gives it more chances to err than one check has: of 100 screeners who stop as soon as it lets them, up to 9, and not 5, will have found less than 95%. ", o.measured, ": ", h("code", {}, o.measured_in), "."));
}
const term = (t) => h("li", {}, h("strong", {}, t.name), t.side ? h("small", {}, ` (${t.side})`) : null, `: ${t.text}`);
function rules(app) {
  const o = app.state.once;
  return h("section", { class: "sc-rules", "data-key": "rules", "aria-label": "Criteria", tabindex: "0" },
    h("h4", {}, o.question),
    h("p", {}, h("strong", {}, "In, when all of these hold")),
    h("ul", {}, o.criteria.map(term)),
    h("div", { class: "sc-codes" }, button("Levels and codes", () => codes(app), { keyed: "c" }),
      h("details", {}, h("summary", {}, `The ${o.levels.length} levels, from the weakest`), h("ul", {}, o.levels.map(term))),
      h("details", {}, h("summary", {}, `The ${o.modes.length} codes`), h("ul", {}, o.modes.map(term)))),
    h("p", {}, h("strong", {}, "Out, for the first of these that applies")),
    h("ol", {}, o.reasons.map(term)),
    o.rules.length ? [h("p", {}, h("strong", {}, "Rules")), h("ul", {}, o.rules.map((r) => h("li", {}, r)))] : null,
    o.streams.length ? h("details", {}, h("summary", {}, "What the streams mean"),
      h("ul", {}, o.streams.map(term))) : null);
}
function decided(app) {
  const s = app.state;
  if (!s.list) return null;
  return h("section", { class: "sc-list", "data-key": "list", "aria-label": "Your decisions, newest first", tabindex: "0" },
    h("h4", {}, s.list.length < s.decided ? `Your latest ${s.list.length} of ${s.decided} decisions, newest first` : s.decided === 1 ? "Your one decision" : `Your ${s.decided} decisions, newest first`),
    h("ul", {}, s.list.map((d) => h("li", { "data-key": d.paper },
      h("button", { type: "button", onclick: () => look(app, d.paper) }, d.title),
      " ", h("strong", {}, WORDS[d.decision]), d.reason ? ` (${d.reason})` : "", d.streams ? ` · ${d.streams.split(";").join(", ")}` : "", d.note ? ` · ${d.note}` : "",
      d.revision !== "1" ? ` · revision ${d.revision}` : ""))));
}
function clash(app) {
  // What was meant is in the clash; what is in hand shows the file's decision by now.
  const over = () => go(app, "decide", "Written over. Next:", { ...app.clash.mine, over: true });
  return clashOf(app, over, () => { app.clash = null; on(app); });
}
function nobody(app) {
  const s = app.state;
  return [h("h3", {}, "Screening"), s.not_coder ? h("p", { class: "sv-missing" }, `${s.not_coder}.`) : null,
    s.people.length ? h("p", {}, "Who are you? ", s.people.map((p) => [button(p.name || p.id, () => go(app, "coder", "", { coder: p.id }), { "data-key": p.id }), " "])) : null,
    ...registering(app), faultsOf(app)];
}
function draw(app) {
  const s = app.state;
  if (s.drawn === undefined) return nobody(app);
  const note = app.notes.length ? h("p", { class: "sv-notes", "data-key": "notes" }, app.notes.join(" ")) : null;
  const hint = h("p", { class: "sv-faint", "data-key": "hint" }, "Keys work while the frame is blue: click in it. ", key("Esc"),
    " comes back to the frame from a field or button in it, and ", key("Esc"), " again leaves for the notebook.");
  if (!s.record) {
    return [top(app), note, clash(app), faultsOf(app),
      h("p", { "data-key": "done" }, s.drawn ? `Every ${atFullText(app) ? "full text" : "drawn record"} is decided. Thank you. What the two screeners differ on goes to a third: notebook 04.`
        : atFullText(app) ? "Nothing is in on title and abstract yet: two screeners must agree, or a third rule."
          : ["No record is drawn yet: ", h("code", {}, "survey sample"), " draws the first."]), hint, decided(app), s.drawn ? found(app) : null];
  }
  // The list stands where the criteria stand, in sight: below, it would open under the edge of the window.
  return [top(app), note, clash(app), faultsOf(app),
    h("div", { class: "sc-main", "data-key": "main" }, h("div", { class: "sc-left" }, record(app), choices(app)), decided(app) || rules(app)),
    hint, h("div", { class: "sv-two", "data-key": "below" }, found(app), h("div", {}, h("h4", {}, "A suggestion"), learner(app)))];
}
function keys(event, app) {
  const s = app.state;
  // The first Esc goes to the frame, where letters are still ours; only the second leaves.
  if (event.key === "Escape" && event.target !== app.root) { app.root.focus({ preventScroll: true }); return true; }
  if (!s || s.drawn === undefined) return false;
  if (typing(event)) {
    if (event.target.classList.contains("sc-note") && event.key === "Enter" && !event.shiftKey) { app.root.focus(); return true; }
    return false;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const press = event.key.toLowerCase();
  const does = { z: () => s.decided && back(app), x: () => list(app) }[press];
  if (does) { if (!event.repeat) does(); return true; }
  if (!s.record) return false;
  const box = app.root.querySelector(".sc-record"), far = { ArrowDown: 40, ArrowUp: -40, PageDown: 300, PageUp: -300 }[event.key]
    || (event.key === " " && event.target.tagName !== "BUTTON" && event.target.tagName !== "SUMMARY" && 300);
  if (far) { box.scrollBy(0, far); return true; }
  const stream = s.once.streams[LETTERS.indexOf(press)], reason = /^[1-9]$/.test(press) && s.once.reasons[Number(press) - 1];
  const acts = { i: () => decide(app, "include"), u: () => decide(app, "unsure"), n: () => focusOn(app, ".sc-note"), l: () => suggest(app), c: () => codes(app),
    o: () => s.record.mine && on(app), ".": () => takeGuessed(app) }[press]
    || (stream && press.length === 1 && (() => toggle(app, stream.id))) || (reason && (() => decide(app, "exclude", reason.id)));
  if (acts && !event.repeat) acts();
  return Boolean(acts);
}
export default { render: mount("screening", { label: "Screening", draw, keys }) };
