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
})();
