// What stands in the form is kept on the server a moment after it was typed, never within a composition.
(() => {
  "use strict";
  const form = document.querySelector("[data-autosave]");
  const said = document.querySelector("[data-autosave-said]");
  const problem = document.querySelector("[data-autosave-problem]");
  if (!form || !said || "autosaveHeld" in form.dataset) return;
  const PAUSE = 2000, AGAIN = 15000, LONGEST = 10000;
  let timer, since = 0, composing = false, over = false, last = "";
  let flying = null;

  // A file is not text, and is no part of what is kept.
  const data = () => {
    const found = new FormData(form);
    for (const [name, value] of [...found]) if (value instanceof File) found.delete(name);
    return found;
  };
  const state = () => JSON.stringify([...data()].filter(([name]) => name !== "csrf_token"));
  last = state();

  const plan = (pause = PAUSE) => {
    if (over) return;
    since ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(keep, Math.max(0, Math.min(pause, since + LONGEST - Date.now())));
  };
  const tell = (words, wrong) => {
    said.textContent = wrong ? "" : words;
    if (problem.textContent !== (wrong ? words : "")) problem.textContent = wrong ? words : "";
  };
  const keep = async () => {
    if (over || composing || flying) return plan();
    const now = state();
    since = 0;
    if (now === last) return;
    flying = new AbortController();
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", body: data(), headers: { "HX-Request": "true", Accept: "application/json" }, redirect: "error", signal: flying.signal,
      });
      if (answer.status === 204) return tell(form.dataset.signedOut, true);
      if (answer.status === 409) over = true;
      if (answer.ok || answer.status === 422) last = now;
      const told = answer.headers.get("Content-Type")?.startsWith("text/plain");
      const why = answer.status === 422 ? form.dataset.autosaveRefused : form.dataset.autosaveFailed;
      tell(told ? await answer.text() : why, !answer.ok);
      if (!answer.ok && answer.status !== 422) plan(AGAIN);
    } catch (error) {
      if (error.name === "AbortError") return;
      tell(form.dataset.autosaveFailed, true);
      plan(AGAIN);
    } finally {
      flying = null;
    }
  };
  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", () => { composing = false; plan(); });
  form.addEventListener("input", () => plan());
  form.addEventListener("change", () => plan());
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    over = true;
    flying?.abort();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) over = false; });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || over || composing || state() === last) return;
    navigator.sendBeacon(form.dataset.autosave, data());
  });
})();
