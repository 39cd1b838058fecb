// The line of the timeline: Enter sends it, Shift+Enter makes a new line, and a composition sends nothing.
(() => {
  "use strict";
  const composes = (event) => event.isComposing || event.keyCode === 229;
  const LINES = 8;
  let swapped = false;
  let sent = "";
  let typed = "";

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
    const busy = area.form.querySelector("button").disabled;
    if (area.value.trim() && !busy) area.form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-line-text]")) grow(event.target);
  });

  // A refusal brings the timeline too, with its reasons and with what was written. What is typed while the
  // answer is on its way stays in the field.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-line]")) sent = event.target.elements.text.value;
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "timeline") return;
    const { xhr } = event.detail;
    const refused = [409, 422].includes(xhr.status) && xhr.responseText.includes("data-timeline");
    if (refused) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    if (!event.detail.shouldSwap) return;
    const now = document.querySelector("[data-line-text]")?.value ?? "";
    typed = !refused && sent && now.startsWith(sent) ? now.slice(sent.length) : now;
    sent = "";
    swapped = true;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!swapped) return;
    swapped = false;
    const refusal = document.querySelector("#timeline [data-focus]");
    const area = document.querySelector("[data-line-text]");
    if (area && typed) area.value = typed;
    if (area?.value) grow(area);
    if (refusal || document.activeElement === document.body) (refusal || area)?.focus();
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
