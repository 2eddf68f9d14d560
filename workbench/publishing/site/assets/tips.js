// @ts-check
// What stands under the pointer or the focus, in a box beside it.
"use strict";

(() => {
  const { h } = ESG;
  const box = h("div", { id: "tip", "aria-hidden": "true", hidden: true });

  /** @param {string} words a headline, and a line each @param {number} x @param {number} y where the pointer is */
  function tip(words, x, y) {
    ESG.replace(
      box,
      words.split("\n").map((line, n) => h(n ? "div" : "strong", {}, line)),
    );
    box.hidden = false;
    const mine = box.getBoundingClientRect();
    const below = y + 18 + mine.height < window.innerHeight;
    box.style.left = `${Math.max(8, Math.min(x + 14, window.innerWidth - mine.width - 8))}px`;
    box.style.top = `${Math.max(8, below ? y + 18 : y - mine.height - 14)}px`;
  }

  const untip = () => {
    box.hidden = true;
  };

  /** Say what stands in `data-tip`. @param {Event} event */
  function over(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    if (!target) return untip();
    const at = target.getBoundingClientRect();
    const [x, y] = event instanceof MouseEvent ? [event.clientX, event.clientY] : [at.left + at.width / 2, at.bottom];
    tip(target.getAttribute("data-tip") || "", x, y);
  }

  document.body.appendChild(box);
  document.addEventListener("mouseover", over);
  document.addEventListener("focusin", over);
  document.addEventListener("mouseout", untip);
  document.addEventListener("focusout", untip);
  document.addEventListener("keydown", (e) => e.key === "Escape" && untip());
  window.addEventListener("hashchange", untip);

  Object.assign(ESG, { tip, untip });
})();
