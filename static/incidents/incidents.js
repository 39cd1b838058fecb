// The line of the timeline: Enter sends it, Shift+Enter makes a new line, and a composition sends nothing.
(() => {
  "use strict";
  const composes = (event) => event.isComposing || event.keyCode === 229;
  const LINES = 8;
  let sent = false;

  const grow = (area) => {
    area.rows = 1;
    const style = getComputedStyle(area);
    const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const lines = Math.round((area.scrollHeight - padding) / parseFloat(style.lineHeight));
    area.rows = Math.min(LINES, Math.max(1, lines));
  };

  document.addEventListener("keydown", (event) => {
    const area = event.target.closest?.("[data-line-text]");
    if (!area || event.key !== "Enter" || event.shiftKey || composes(event)) return;
    event.preventDefault();
    if (area.value.trim()) area.form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-line-text]")) grow(event.target);
  });

  // A refusal brings the timeline too, with its reasons and with what was written.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "timeline") return;
    const { xhr } = event.detail;
    if ([409, 422].includes(xhr.status) && xhr.responseText.includes("data-timeline")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    sent = true;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!sent) return;
    sent = false;
    const refusal = document.querySelector("#timeline [data-focus]");
    const area = document.querySelector("[data-line-text]");
    if (area?.value) grow(area);
    (refusal || area)?.focus();
  });
  const tell = (event) => {
    const place = event.target.closest?.("#timeline")?.querySelector("[data-failed]");
    if (place) place.textContent = place.dataset.failed;
  };
  document.body.addEventListener("htmx:sendError", tell);
  document.body.addEventListener("htmx:responseError", tell);

  // "Search first" takes along what is written already.
  const first = document.querySelector("[data-search-first]");
  const symptom = document.querySelector("[data-symptom]");
  if (first && symptom) {
    first.addEventListener("click", () => {
      const address = new URL(first.href);
      const words = symptom.value.trim().slice(0, 200);
      if (words) address.searchParams.set("q", words);
      first.href = address.href;
    });
  }
})();
