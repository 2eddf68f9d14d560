// Shared by every widget: see base.py. A widget's own file follows this text in the same module and ends with
//   export default { render: mount("name", { label, draw, keys }) };
// draw(app) returns an array of nodes made with h(); keys(event, app) returns true where it used a key.
// app: { state, send(name, cells), say(text), ui (what only this view knows), redraw(), root, busy, faults, notes, clash }

// ---- nodes. Text goes in as text: nothing of the data is ever parsed as HTML.
function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node[name.toLowerCase()] = value;
    else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}
const HANDLERS = ["onclick", "oninput", "onchange", "onkeydown", "onfocus", "onblur", "onmouseup", "onsubmit",
  "onmousedown", "onscroll"];

// An address from the data becomes a link only where it is one of the web.
function link(address, text) {
  return /^https?:\/\//i.test(address || "")
    ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text || address)
    : document.createTextNode(text || address || "");
}

// Make `old` look like `fresh` and keep what the user has: focus, scroll, caret, text being typed.
// A node with data-key is matched by it, so that lists may change their order.
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open" && name !== "data-dirty") old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of HANDLERS) old[name] = fresh[name];
  if (old.tagName === "INPUT" || old.tagName === "TEXTAREA") {
    const typing = old.ownerDocument.activeElement === old && old.dataset.dirty === "yes";
    if (!typing && old.value !== fresh.value) old.value = fresh.value;
    if (old.checked !== fresh.checked) old.checked = fresh.checked;
    if (old.tagName === "INPUT") return;
  }
  const keyed = new Map();
  for (const child of old.children) if (child.dataset && child.dataset.key) keyed.set(child.dataset.key, child);
  const wanted = new Set([...fresh.children].map((child) => child.dataset && child.dataset.key).filter(Boolean));
  // What goes is taken out first: a node that stays is then not moved, and a moved node would lose the focus.
  for (const [name, child] of keyed) if (!wanted.has(name)) { child.remove(); keyed.delete(name); }
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = next.dataset && next.dataset.key;
    let same = key ? keyed.get(key) : at;
    if (same && !key && same.dataset && same.dataset.key) same = null;
    if (same && same.nodeType === next.nodeType && same.nodeName === next.nodeName) {
      if (same !== at) old.insertBefore(same, at);
      if (same.nodeType === 1) morph(same, next);
      else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
      at = same.nextSibling;
    } else old.insertBefore(next, at);
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  if (old.tagName === "SELECT" && old.value !== fresh.value) old.value = fresh.value;
}

// Text of which places are marked; places count code points, as Python does. marks: [{start, end, title, on}].
function marked(text, marks, offset = 0) {
  const points = Array.from(text);
  const cuts = new Set([0, points.length]);
  const inside = marks.map((m) => ({ ...m, start: m.start - offset, end: m.end - offset }))
    .filter((m) => m.end > 0 && m.start < points.length);
  for (const m of inside) { cuts.add(Math.max(0, m.start)); cuts.add(Math.min(points.length, m.end)); }
  const order = [...cuts].sort((a, b) => a - b);
  return order.slice(1).map((end, i) => {
    const start = order[i], piece = points.slice(start, end).join("");
    const over = inside.filter((m) => m.start <= start && m.end >= end);
    return over.length
      ? h("mark", { title: over.map((m) => m.title).join(", "), class: over.some((m) => m.on) ? "sv-on" : null }, piece)
      : document.createTextNode(piece);
  });
}

// Press with Ctrl, Cmd or Alt that no widget uses and that does nothing to cells: Lab may have it (its side bars, its
// palette, its search). What runs, moves, merges or copies cells never gets out.
function forLab(event) {
  return (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph") &&
    !/^([sacvxzym]|enter|arrow.*|backspace|delete|escape|tab|control|meta|alt|shift)$/i.test(event.key);
}
// Whether a key press is text being typed, so that single letters are no commands.
function typing(event) {
  const at = event.target;
  return at.tagName === "TEXTAREA" || at.tagName === "SELECT" ||
    (at.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(at.type)) || at.isContentEditable;
}

function mount(name, { label, draw, keys, begin }) {
  return ({ model, el }) => {
    const view = Math.random().toString(36).slice(2);
    const waiting = new Map();
    let n = 0, patience = null, back = null, pressed = false, late = false, earlier = { faults: [], clash: null, ask: null };
    // Keys that the widget uses must not reach the notebook: with the attribute Lab leaves its shortcuts aside.
    const root = h("section", { class: `sv sv-${name}`, "aria-label": label, tabindex: "0", "data-lm-suppress-shortcuts": "true" });
    const live = h("div", { class: "sv-live", role: "status", "aria-live": "polite" });
    const saved = h("span", { class: "sv-saved", "data-saved": "" });
    const body = h("div", { class: "sv-body" });
    root.append(live, body);
    const app = {
      root, model, saved, state: null, ui: {}, faults: [], notes: [], clash: null, busy: false,
      say(text) { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 30); },
      redraw() {
        if (!app.state) { if (!app.faults.length) return; }
        // Nothing moves between press and release: the click would be lost on what is under the pointer by then.
        if (pressed) { late = true; return; }
        late = false;
        const fresh = h("div", { class: "sv-body" }, ...(app.state ? draw(app) : []), ...(app.state ? [] : faultsOf(app)));
        const had = root.ownerDocument.activeElement;
        const id = root.contains(had) && had !== root ? had.dataset.id : null;
        // What has the focus stays where the eye is, whatever unfolds above it in the same pane.
        const pane = id !== null ? had.closest("[data-steady]") : null, was = pane && had.getBoundingClientRect().top;
        morph(body, fresh);
        if (pane && had.isConnected) pane.scrollTop += had.getBoundingClientRect().top - was;
        // What had the focus is gone: its like takes it, or the widget itself, so that keys still act where they did.
        if (id !== null && !had.isConnected) (id && body.querySelector(`[data-id="${CSS.escape(id)}"]`) || root).focus({ preventScroll: true });
      },
      // Send an action; the promise gives the answer.
      send(action, cells = {}) {
        n += 1;
        // Where it was asked for, so that a refusal can be said there.
        const asks = root.ownerDocument.activeElement;
        app.where = (root.contains(asks) && asks.closest("[data-place]")?.dataset.place) || "";
        const message = { ...cells, n, view, name: action };
        app.busy = true;
        markSaved("saving", "Saving ...");
        clearTimeout(patience);
        patience = setTimeout(() => {
          markSaved("lost", "No answer from Python");
          app.faults = ["Python does not answer: it is busy, or the kernel is gone. What was marked as saved is in the files. " +
            "Restart the kernel and run the cell again; drafts come back."];
          app.redraw();
        }, 10000);
        const answer = new Promise((resolve) => waiting.set(n, resolve));
        model.send(message);
        return answer;
      },
    };
    function markSaved(kind, text) {
      app.mark = { kind, text };
      for (const at of root.querySelectorAll("[data-saved]")) { at.textContent = text; at.dataset.saved = kind; }
    }
    function heard(answer) {
      if (!answer || typeof answer !== "object" || !("state" in answer)) return;
      // Another view's answer brings a state too: both views show what the files say.
      const once = (answer.state && answer.state.once) || (app.state && app.state.once);
      if (answer.view === view && answer.n < n) {
        // A later action is under way: its state counts, but what was refused or asked here is not forgotten.
        earlier = { faults: [...earlier.faults, ...answer.faults], clash: answer.clash || earlier.clash,
          ask: (answer.state && answer.state.ask) || earlier.ask };
        if (app.state && once) app.state.once = once;
        else if (answer.state) app.state = { ...answer.state, once };
        waiting.get(answer.n)?.(answer);
        waiting.delete(answer.n);
        return;
      }
      if (answer.state) app.state = { ...answer.state, once };
      if (answer.view === view) {
        clearTimeout(patience);
        app.busy = false;
        app.faults = [...earlier.faults, ...answer.faults]; app.notes = answer.notes; app.clash = answer.clash || earlier.clash;
        if (app.state && earlier.ask && !app.state.ask) app.state.ask = earlier.ask;
        earlier = { faults: [], clash: null, ask: null };
        const bad = app.faults.length || app.clash, asks = app.state && app.state.ask;
        markSaved(bad ? "refused" : asks ? "asking" : "saved", bad ? "Not saved" : (answer.state && answer.state.saved) || "Saved");
        if (app.faults.length) app.say(app.faults.join(". "));
        else if (answer.notes.length) app.say(answer.notes.join(". "));
      }
      app.redraw();
      attend();
      if (answer.view === view && app.faults.length) body.querySelector(".sv-faults")?.scrollIntoView({ block: "nearest" });
      waiting.get(answer.n)?.(answer);
      waiting.delete(answer.n);
    }
    // A question takes the focus, and gives it back when it is answered.
    function attend() {
      const dialog = body.querySelector('[role="alertdialog"]'), had = root.ownerDocument.activeElement;
      if (dialog && !dialog.contains(had) && root.contains(had)) {
        back = had.dataset ? had.dataset.id : null;
        dialog.querySelector("button")?.focus();
      } else if (!dialog && back) {
        if (had === root || !root.contains(had)) body.querySelector(`[data-id="${CSS.escape(back)}"]`)?.focus();
        back = null;
      }
    }
    function onkey(event) {
      if (event.key === "Tab") return; // always leaves, in the order of the page
      if (event.type === "keydown" && forLab(event)) return;
      // Nothing typed here is a command of the notebook, whatever we do with it.
      event.stopPropagation();
      if (event.isComposing || event.type !== "keydown") return;
      if (event.key === "Escape") {
        event.preventDefault();
        // The first goes to the frame, where letters are still ours; only the second leaves.
        if (keys && keys(event, app) === true) return;
        if (event.target !== root) { root.focus({ preventScroll: true }); app.say("At the frame of the widget. Escape again leaves for the notebook"); } else leave(root);
        return;
      }
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        app.say("Everything that is complete is saved already");
        return;
      }
      if (keys && keys(event, app) === true) event.preventDefault();
    }
    for (const kind of ["keydown", "keyup", "keypress"]) root.addEventListener(kind, onkey);
    // Lab looks at a key before anything in the page does, and leaves it alone where the attribute stands.
    const lab = (event) => {
      const shut = () => root.setAttribute("data-lm-suppress-shortcuts", "true");
      if (!root.contains(event.target) || !forLab(event)) { shut(); return; }
      root.removeAttribute("data-lm-suppress-shortcuts");
      setTimeout(shut);
    };
    const release = () => { pressed = false; if (late) { app.redraw(); attend(); } };
    // A list of choices opened by a press takes the release with it: such a press holds nothing.
    const down = (event) => { pressed = event.button === 0 && !event.target.closest?.("select"); };
    const up = () => setTimeout(release);
    const page = root.ownerDocument, pane = page.defaultView;
    const listening = [["keydown", lab], ["pointerdown", down], ["pointerup", up], ["pointercancel", up], ["dragend", up], ["blur", (event) => { if (event.target === pane) up(); }],
      ["pointermove", (event) => { if (pressed && !event.buttons) release(); }], ["click", () => { pressed = false; }]];
    for (const [kind, does] of listening) pane.addEventListener(kind, does, true);
    // Before the field's own handler, which may draw anew: what is being typed is never put back.
    root.addEventListener("input", (e) => { e.target.dataset.dirty = "yes"; }, true);
    root.addEventListener("focusout", (e) => { if (e.target.dataset) delete e.target.dataset.dirty; });
    model.on("msg:custom", heard);
    el.append(root);
    if (begin) begin(app);
    app.send("open");
    return () => {
      clearTimeout(patience);
      model.off("msg:custom", heard);
      for (const [kind, does] of listening) pane.removeEventListener(kind, does, true);
    };
  };
}

// Give the focus back to the notebook cell that the widget stands in.
function leave(root) {
  const cell = root.closest(".jp-Cell, .jp-Notebook");
  root.ownerDocument.activeElement?.blur();
  if (cell) { if (!cell.hasAttribute("tabindex")) cell.setAttribute("tabindex", "-1"); cell.focus({ preventScroll: true }); }
}

// ---- pieces that most widgets show
function faultsOf(app) {
  return app.faults.length
    ? [h("div", { class: "sv-faults", role: "alert", "data-key": "faults" },
      h("strong", {}, "Not done: "), app.faults.length > 1 ? h("ul", {}, app.faults.map((f) => h("li", {}, f))) : app.faults[0])]
    : [];
}
function savedMark(app) {
  const mark = app.mark || { kind: "", text: "" };
  return h("span", { class: "sv-saved", "data-saved": mark.kind }, mark.text);
}
function key(letter) { return h("kbd", {}, letter); }
// A button says its key; `cells` may hold anything h() takes.
function button(text, onclick, { keyed, ...props } = {}) {
  return h("button", { type: "button", class: "sv-button", onclick, ...props }, text, keyed ? [" ", key(keyed)] : null);
}
// The rows that changed on disk while they were shown, beside what was to be written; the user chooses.
function clashOf(app, onMine, onDisk) {
  if (!app.clash) return [];
  // Of two rows, what differs; what both say tells nothing about the choice.
  const cells = (row, other) => row
    ? h("ul", {}, Object.entries(row).filter(([c, v]) => (other ? v !== other[c] : v)).map(([c, v]) => h("li", {}, h("code", {}, c), " ", v || "(empty)")))
    : h("p", {}, "no such row");
  return [h("div", { class: "sv-clash", role: "alertdialog", "aria-label": "Changed on disk", "data-key": "clash" },
    h("p", {}, h("strong", {}, `${app.clash.path} changed on disk since you saw it. `), "Nothing was overwritten. Choose:"),
    app.clash.rows.map((r) => [h("h4", {}, r.key.slice(-2).join(" ")), h("div", { class: "sv-two" },
      h("div", {}, h("strong", {}, "In the file now"), cells(r.disk, r.shown)),
      h("div", {}, h("strong", {}, "What you were shown"), cells(r.shown, r.disk)),
      h("div", {}, h("strong", {}, "What you wanted to write"), cells(flat(app.clash.mine))))]),
    h("div", { class: "sv-bar" }, button("Keep the file's", onDisk, { "data-key": "disk" }), button("Write mine over it", onMine, { "data-key": "mine" })))];
}
function flat(cells) {
  const out = {};
  for (const [k, v] of Object.entries(cells)) {
    if (v && typeof v === "object") Object.assign(out, flat(v));
    else if (v !== null && v !== undefined && k !== "name") out[k] = String(v);
  }
  return out;
}
// Who are you? state: people [{id, name}], not_coder; the answer is the action "coder" or "register".
function chooser(app, question) {
  const s = app.state;
  return [h("h3", { "data-key": "who" }, question), ...faultsOf(app),
    s.not_coder ? h("p", { class: "sv-missing", "data-key": "not" }, s.not_coder) : null,
    s.people.length
      ? h("div", { class: "sv-bar", "data-key": "people" }, s.people.map((p) => button(p.name || p.id,
        () => app.send("coder", { coder: p.id }).then(() => app.root.focus()), { "data-id": `who-${p.id}` })))
      : h("p", { "data-key": "people" }, "No human is in the list of coders yet."),
    ...registering(app)].filter(Boolean);
}
// How somebody comes into the list: a name, and a short one for the files; the door writes a file of their own.
function registering(app) {
  const mine = (app.ui.joining = app.ui.joining || { id: "", person: "" });
  const field = (id, words) => h("label", {}, `${words} `, h("input", { type: "text", "data-id": `join-${id}`, value: mine[id],
    oninput: (e) => { mine[id] = e.target.value; }, onkeydown: (e) => e.stopPropagation() }));
  const join = () => app.send("register", { ...mine }).then(() => app.root.focus());
  return [h("p", { "data-key": "add" }, "Not in the list? Give your name, and a short name for your files: letters, digits and hyphens."),
    h("div", { "data-key": "join", class: "sv-bar" }, field("person", "Your name"), field("id", "Short name"), button("Join", join, { "data-id": "join" }))];
}
