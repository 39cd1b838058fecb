// Reading: copy buttons, links to sections, printing, the place in the contents.
(() => {
  "use strict";
  const said = document.querySelector("[data-said]");

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
  const tell = (button) => {
    button.classList.add("copied");
    if (said) said.textContent = said.dataset.said;
    setTimeout(() => {
      button.classList.remove("copied");
      if (said) said.textContent = "";
    }, 2000);
  };
  const copied = (button, text) =>
    copy(text).then(() => { button.focus(); tell(button); }, () => {});

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-link], [data-print], [data-print-notice]");
    if (!button) return;
    if (button.dataset.copy !== undefined) copied(button, button.dataset.copy);
    else if (button.dataset.copyLink !== undefined) copied(button, button.href);
    else if (button.dataset.print !== undefined) print();
    else printNotice();
  });

  const printNotice = () => {
    document.body.classList.add("print-notice");
    print();
  };
  addEventListener("afterprint", () => document.body.classList.remove("print-notice"));

  const toc = document.querySelector("[data-toc]");
  if (!toc) return;
  if (matchMedia("(max-width: 63.99em)").matches) toc.open = false;
  const links = new Map([...toc.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const follow = () => {
    const past = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const here = past.at(-1) || headings[0];
    links.forEach((link, id) => id === here?.id ? link.setAttribute("aria-current", "location") : link.removeAttribute("aria-current"));
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  }, { passive: true });
  follow();
})();
