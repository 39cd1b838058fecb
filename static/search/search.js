// Search while a person types: after a short pause, and never in the middle of an IME composition.
(() => {
  "use strict";
  const PAUSE = 300;
  const form = document.getElementById("search-form");
  const failed = document.getElementById("search-failed");
  if (!form || !window.htmx) return;

  const typed = () => form.elements.q.value.trim();
  let composing = false;
  let asked = typed();
  let timer = 0;

  // A text too long for an address is posted; the answer is the results for its gist, under a short address.
  const ask = () => {
    if (composing || typed() === asked) return;
    asked = typed();
    if (window.kbFits(form)) return window.htmx.trigger(form, "typed");
    const token = document.querySelector("input[name=csrf_token]").value;
    window.htmx.ajax("POST", form.action, { source: form, target: "#search-results", values: { csrf_token: token } });
  };
  const soon = () => {
    window.clearTimeout(timer);
    if (!composing) timer = window.setTimeout(ask, PAUSE);
  };

  form.addEventListener("compositionstart", () => {
    composing = true;
    window.clearTimeout(timer);
  });
  form.addEventListener("compositionend", () => {
    composing = false;
    soon();
  });
  form.addEventListener("input", (event) => {
    if (!event.isComposing) soon();
  });
  form.addEventListener("submit", () => window.clearTimeout(timer));

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
