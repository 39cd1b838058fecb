// Keyboard: "/" goes to the page's search box, Escape closes a menu; an error summary takes the focus.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  const writing = (element) =>
    element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);

  // The Enter that ends a composition is not the Enter that sends (some browsers tell it by 229 alone).
  document.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && composing && event.target.matches?.("input")) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !writing(event.target)) {
      const box = document.querySelector("main [data-slash]") || document.querySelector("[data-slash]");
      if (!box) return;
      event.preventDefault();
      box.focus();
      box.select();
    }
    if (event.key === "Escape") closeMenus(null, true);
  });

  const closeMenus = (except, refocus) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (menu === except) continue;
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (refocus && inside) menu.querySelector("summary").focus();
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("[data-menu]"), false));
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("[data-menu]"), false));

  document.querySelector("[data-focus]")?.focus();
})();
