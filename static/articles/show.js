// Reading: printing, the place in the contents.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-print-notice]");
    if (!button) return;
    if (button.dataset.print !== undefined) print();
    else printNotice();
  });

  const printNotice = () => {
    document.body.classList.add("print-notice");
    print();
  };
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("[data-print-open]")) part.open = true;
  });
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
