// Linking by keyboard: on an article of the incident, one key says what it was; digits go to what was found.
(() => {
  "use strict";
  const writing = (element) =>
    element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (writing(event.target)) return;
    const item = event.target.closest?.("[data-article]");
    const button = item && [...item.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    if (button) {
      event.preventDefault();
      button.click();
      return;
    }
    if (!/^[1-9]$/.test(event.key)) return;
    const link = document.querySelectorAll("#find [data-article]")[event.key - 1]?.querySelector("a");
    if (!link) return;
    event.preventDefault();
    link.focus();
  });

  // One tap brings a new page: what is written elsewhere on this one, and not sent, comes back in it.
  const place = `unsent:${location.pathname}`;
  const fields = () => document.querySelectorAll(".incident-main :is(textarea, select, input)[id]");
  const ticks = (field) => ["checkbox", "radio"].includes(field.type);
  const unsent = (field) => {
    if (ticks(field)) return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return ![...field.options].every((one) => one.selected === one.defaultSelected);
    return field.type !== "hidden" && field.value !== field.defaultValue;
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-tap]")) return;
    const kept = [...fields()].filter(unsent).map((field) => [field.id, ticks(field) ? field.checked : field.value]);
    if (kept.length) sessionStorage.setItem(place, JSON.stringify(kept));
  });
  const kept = JSON.parse(sessionStorage.getItem(place) || "[]");
  sessionStorage.removeItem(place);
  for (const [id, value] of kept) {
    const field = document.getElementById(id);
    if (!field) continue;
    if (ticks(field)) field.checked = value;
    else field.value = value;
    const folded = field.closest("details");
    if (folded) folded.open = true;
  }
})();
