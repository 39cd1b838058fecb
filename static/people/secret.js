// A button that shows what was typed as a password, and a word when Caps Lock is on.
(() => {
  "use strict";

  const show = (input, button, shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };

  document.querySelectorAll("[data-secret]").forEach((input) => {
    const box = document.createElement("div");
    const button = document.createElement("button");
    const caps = document.createElement("p");
    box.className = "secret";
    button.type = "button";
    button.className = "plain";
    button.textContent = input.dataset.show;
    button.setAttribute("aria-label", input.dataset.what);
    button.setAttribute("aria-controls", input.id);
    caps.className = "secret-caps";
    caps.setAttribute("role", "status");
    input.before(box);
    box.append(input, button);
    box.after(caps);
    show(input, button, false);

    button.addEventListener("click", () => {
      show(input, button, input.type === "password");
      input.focus();
    });
    input.addEventListener("keyup", (event) => {
      const on = event.getModifierState && event.getModifierState("CapsLock");
      const words = on ? input.dataset.caps : "";
      if (caps.textContent !== words) caps.textContent = words;
    });
    // A browser offers to keep a password only from a field of that type.
    if (input.form) input.form.addEventListener("submit", () => show(input, button, false));
  });
})();
