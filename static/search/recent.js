// Recent searches: kept in this browser only, for each person apart, and forgotten at sign-out.
// What is kept is the text that the server gives back, in which personal numbers and secrets are masked.
(() => {
  "use strict";
  const PREFIX = "kiriwake.recent.";
  const MOST = 8;
  const DAYS = 30;
  const person = document.currentScript.dataset.person;
  const key = PREFIX + person;
  const section = () => document.querySelector("[data-recent]");

  // A browser may refuse storage altogether; then there are no recent searches.
  const store = (() => {
    try {
      return person ? window.localStorage : window.sessionStorage;
    } catch {
      return null;
    }
  })();
  if (!store) return;

  const read = () => {
    try {
      const rows = JSON.parse(store.getItem(key) ?? "[]");
      return rows.filter((row) => typeof row.q === "string" && Date.now() - row.at < DAYS * 86_400_000);
    } catch {
      return [];
    }
  };
  const write = (rows) => {
    try {
      if (rows.length) store.setItem(key, JSON.stringify(rows.slice(0, MOST)));
      else store.removeItem(key);
    } catch {
      // Full or refused: nothing depends on it.
    }
  };
  const remember = () => {
    const asked = document.querySelector("[data-asked]")?.dataset.asked;
    if (asked) write([{ q: asked, at: Date.now() }, ...read().filter((row) => row.q !== asked)]);
  };
  const forgetOthers = () => {
    if (!person) return;
    Object.keys(store).filter((name) => name.startsWith(PREFIX) && name !== key).forEach((name) => store.removeItem(name));
  };

  const item = (row) => {
    const { address, remove } = section().dataset;
    const line = document.createElement("li");
    const link = document.createElement("a");
    const button = document.createElement("button");
    link.href = `${address}?${new URLSearchParams({ q: row.q })}`;
    link.textContent = row.q;
    button.type = "button";
    button.className = "recent-remove";
    button.dataset.q = row.q;
    button.setAttribute("aria-label", remove.replace("{q}", row.q.slice(0, 60)));
    line.append(link, button);
    return line;
  };
  const render = () => {
    const place = section();
    if (!place) return;
    const rows = read();
    place.hidden = !rows.length;
    place.querySelector("ul").replaceChildren(...rows.map(item));
  };
  const removeOne = (button) => {
    const at = [...section().querySelectorAll(".recent-remove")].indexOf(button);
    write(read().filter((row) => row.q !== button.dataset.q));
    render();
    const left = section().querySelectorAll(".recent-remove");
    (left[Math.min(at, left.length - 1)] ?? document.querySelector("main [name=q]"))?.focus();
  };
  const removeAll = () => {
    write([]);
    render();
    document.querySelector("main [name=q]")?.focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".recent-remove");
    if (button) removeOne(button);
    else if (event.target.closest("[data-clear]")) removeAll();
    else if (event.target.closest("[data-asked] a")) remember();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-forget]")) write([]);
  });
  document.addEventListener("htmx:afterSettle", render);
  forgetOthers();
  remember();
  render();
})();
