// Search while a person types: after a short pause, and never in the middle of an IME composition.
(() => {
  "use strict";
  const PAUSE = 300;
  const form = document.getElementById("search-form");
  const box = document.getElementById("search-q");
  const failed = document.getElementById("search-failed");
  if (!form || !box || !window.htmx) return;

  let composing = false;
  let asked = box.value.trim();
  let timer = 0;

  const ask = () => {
    if (composing || box.value.trim() === asked) return;
    asked = box.value.trim();
    window.htmx.trigger(form, "typed");
  };
  const soon = () => {
    window.clearTimeout(timer);
    if (!composing) timer = window.setTimeout(ask, PAUSE);
  };

  box.addEventListener("compositionstart", () => {
    composing = true;
    window.clearTimeout(timer);
  });
  box.addEventListener("compositionend", () => {
    composing = false;
    soon();
  });
  box.addEventListener("input", (event) => {
    if (!event.isComposing) soon();
  });
  form.addEventListener("submit", () => window.clearTimeout(timer));

  // Enter that confirms a conversion must not send the form.
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
  });

  const say = (words) => { failed.textContent = words; };
  document.body.addEventListener("htmx:sendError", () => { asked = null; say(failed.dataset.words); });
  document.body.addEventListener("htmx:responseError", () => { asked = null; say(failed.dataset.words); });
  document.body.addEventListener("htmx:afterSettle", () => {
    say("");
    // The choice of language leads back to what is on the screen now.
    for (const input of document.querySelectorAll("input[name=next]")) {
      input.value = window.location.pathname + window.location.search;
    }
  });
})();
