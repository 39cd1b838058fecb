// An author's text: wide tables get a region that scrolls by keyboard, items to tick lose their bullet.
(() => {
  "use strict";
  const words = document.currentScript.dataset.table;

  const wrap = (table) => {
    const region = document.createElement("div");
    region.className = "text-scroll";
    table.before(region);
    region.append(table);
    sizes.observe(region);
  };
  const fit = (region) => {
    const wide = region.scrollWidth > region.clientWidth + 1;
    if (wide === region.hasAttribute("tabindex")) return;
    if (!wide) return ["tabindex", "role", "aria-label"].forEach((name) => region.removeAttribute(name));
    region.tabIndex = 0;
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", words);
  };
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => fit(entry.target)));
  const prepare = (root) => {
    root.querySelectorAll(".text table:not(.text-scroll > table)").forEach(wrap);
    for (const item of root.querySelectorAll(".text li")) {
      if (/^\s*[☐☑]/u.test(item.textContent)) item.classList.add("task");
    }
  };

  prepare(document);
  document.addEventListener("kb:text", (event) => prepare(event.target));
  // The page about personal data takes the place of whatever a script had asked for, but never of a form in
  // which somebody is typing: what is asked meanwhile (data-while-typing) stays unanswered.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status !== 422 || !event.detail.xhr.getResponseHeader("HX-Retarget")) return;
    event.detail.isError = false;
    event.detail.shouldSwap = !event.detail.requestConfig.elt.matches("[data-while-typing]");
  });
  document.addEventListener("htmx:afterSwap", (event) => prepare(event.target));
})();
