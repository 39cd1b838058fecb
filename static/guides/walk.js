// A walk by keyboard: a digit or letter presses the button or link that shows it.
(() => {
  "use strict";
  const writing = (element) =>
    element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (writing(event.target) || !/^[1-9a-z]$/.test(event.key)) return;
    const target = document.querySelector(`[data-walk] [data-key="${event.key}"]`);
    if (!target) return;
    event.preventDefault();
    target.click();
  });
})();
