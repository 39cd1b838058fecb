// Buttons that copy: their own text, or the address they lead to. A status region says that it is done.
(() => {
  "use strict";
  const said = () => document.querySelector("[data-said]");

  // Without https the clipboard is closed to pages; a selected field still copies.
  const copy = async (text) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not copied");
  };
  const tell = (button, name, words) => {
    button.classList.add(name);
    if (said()) said().textContent = words ?? "";
    setTimeout(() => {
      button.classList.remove(name);
      if (said()) said().textContent = "";
    }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-link]");
    if (!button) return;
    copy(button.dataset.copy ?? button.href).then(
      () => { button.focus(); tell(button, "copied", said()?.dataset.said); },
      () => { button.focus(); tell(button, "not-copied", said()?.dataset.notSaid); },
    );
  });
})();
