// Writing: nothing typed is lost, nothing is sent by accident, the preview opens over the form.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const dialog = document.querySelector("[data-preview-dialog]");
  const body = document.querySelector("[data-preview-body]");

  // Leaving with text that is not saved asks first; sending twice is stopped.
  const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
  const first = state();
  let sending = false;
  const unsaved = () => !sending && ("unsaved" in form.dataset || state() !== first);
  addEventListener("beforeunload", (event) => {
    if (unsaved()) event.preventDefault();
  });
  addEventListener("pageshow", () => { sending = false; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.dataset.previewButton !== undefined) {
      event.preventDefault();
      preview();
    } else if (sending) event.preventDefault();
    else sending = true;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    if (!dialog?.open) form.requestSubmit(form.querySelector("[data-save]"));
  });

  // In a guide, what answers are called is said where they are chosen, too.
  for (const name of form.querySelectorAll("[data-named-by]")) {
    const field = form.elements[name.dataset.namedBy];
    field?.addEventListener("input", () => { name.textContent = field.value.trim() || name.dataset.unnamed; });
  }

  const say = (words) => {
    const line = document.createElement("p");
    line.textContent = words;
    body.replaceChildren(line);
  };
  const preview = async () => {
    say(form.dataset.waiting);
    dialog.showModal();
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, redirect: "error",
      });
      if (answer.status === 204) return say(form.dataset.signedOut);
      if (!answer.ok) return say(form.dataset.failed);
      body.innerHTML = await answer.text();
      body.dispatchEvent(new Event("kb:text", { bubbles: true }));
      body.scrollTop = 0;
    } catch {
      say(form.dataset.failed);
    }
  };

  // What publishing still needs is ticked off while it is written.
  const tick = () => {
    for (const item of document.querySelectorAll("[data-missing] li")) {
      const field = document.getElementById(item.querySelector("a").hash.slice(1));
      if (field && item.dataset.stays === undefined) item.classList.toggle("done", field.value.trim() !== "" && field.dataset.wasWrong === undefined);
    }
  };
  form.addEventListener("input", tick);

  // A link to a field inside a closed part opens that part.
  document.addEventListener("click", (event) => {
    const target = event.target.closest('a[href^="#field-"]');
    const field = target && document.getElementById(target.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const part = field.closest("details");
    if (part) part.open = true;
    field.focus();
    field.closest(".field").scrollIntoView({ block: "start" });
  });

  for (const known of document.querySelectorAll("[data-known]")) {
    const box = document.getElementById(known.dataset.known);
    const name = known.querySelector("input");
    const add = () => {
      const words = name.value.trim();
      if (!words || box.value.split("\n").includes(words)) return;
      box.value = [...box.value.split("\n").filter((line) => line.trim()), words].join("\n");
      box.dispatchEvent(new Event("input", { bubbles: true }));
      name.value = "";
      name.focus();
    };
    known.querySelector("button").addEventListener("click", add);
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) add();
    });
  }
})();
