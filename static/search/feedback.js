// An answer that could not be sent says so beside its buttons.
(() => {
  "use strict";
  const tell = (event) => {
    const place = event.target.closest("#feedback")?.querySelector("[data-failed]");
    if (place) place.textContent = place.dataset.failed;
  };
  document.body.addEventListener("htmx:sendError", tell);
  document.body.addEventListener("htmx:responseError", tell);
})();
