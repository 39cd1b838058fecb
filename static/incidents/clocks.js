// Moves the running clocks on, from the server's own time: the computer's clock may be wrong.
(() => {
  "use strict";
  const box = document.querySelector("[data-clocks]");
  if (!box || !box.querySelector("[data-wall]")) return;
  const began = performance.now();
  const now = Number(box.dataset.now);
  const spans = box.dataset.spans.split(" ").filter(Boolean).map((span) => span.split("-").map(Number));

  const words = (minutes, withDays) => {
    const days = withDays ? Math.floor(minutes / 1440) : 0;
    const parts = [["days", days], ["hours", Math.floor(minutes / 60) - days * 24], ["minutes", minutes % 60]];
    const told = parts.filter(([, number]) => number).slice(0, 2);
    return (told.length ? told : [["minutes", 0]])
      .map(([name, number]) => box.dataset[name].replace("#", number)).join("").trim();
  };
  const show = () => {
    const at = now + (performance.now() - began) / 1000;
    const opened = spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(at, to) - from), 0);
    for (const place of box.querySelectorAll("[data-wall]")) {
      place.textContent = words(Math.max(0, Math.floor((at - Number(place.dataset.wall)) / 60)), true);
    }
    for (const place of box.querySelectorAll("[data-contact]")) {
      place.textContent = words(Number(place.dataset.contact) + Math.floor(opened / 60), false);
    }
  };
  setInterval(show, 10000);
})();
