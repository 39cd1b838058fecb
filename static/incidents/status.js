// Status: chosen times, an update that falls due while its page is open, the page that asks by itself.
(() => {
  "use strict";

  addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });

  // The time fields stand beside "give a time" only while it is chosen.
  const settle = (form) => {
    for (const box of form.querySelectorAll("[data-chosen-at]")) {
      const chosen = form.querySelector(`input[name="${box.dataset.chosenAt}"]:checked`);
      box.classList.toggle("is-idle", chosen?.value !== "at");
    }
  };
  for (const form of document.querySelectorAll("[data-update-form]")) {
    settle(form);
    form.addEventListener("change", () => settle(form));
  }

  const awaiting = document.querySelector("[data-update-due]");
  if (awaiting) {
    const tick = () => {
      if (Date.now() < Date.parse(awaiting.dataset.updateDue)) return;
      clearInterval(clock);
      document.title = awaiting.dataset.lateTitle + document.title;
      for (const part of awaiting.querySelectorAll("[data-update-late]")) part.hidden = false;
      for (const part of awaiting.querySelectorAll("[data-update-waits]")) part.hidden = true;
    };
    const clock = setInterval(tick, 10_000);
  }

  const lost = document.querySelector("[data-lost]");
  if (lost) {
    const checked = document.querySelector("[data-checked]");
    const time = new Intl.DateTimeFormat("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });
    document.addEventListener("htmx:afterRequest", (event) => {
      const reached = event.detail.successful;
      lost.textContent = reached ? "" : lost.dataset.lost;
      if (reached) checked.textContent = time.format(new Date());
    });
  }
})();
