// The toolbar above each text box: one tab stop, arrow keys inside, each button writes Markdown.
(() => {
  "use strict";
  const template = document.getElementById("toolbar");
  if (!template) return;

  // execCommand keeps the browser's undo; where it is gone, the text is still right.
  const insert = (box, text) => {
    box.focus();
    if (!document.execCommand("insertText", false, text)) {
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  document.addEventListener("kb:insert", (event) => insert(event.target, event.detail));
  const around = (before, after) => (box, sample) => {
    const words = box.value.slice(box.selectionStart, box.selectionEnd) || sample;
    const start = box.selectionStart + before.length;
    insert(box, before + words + after);
    box.setSelectionRange(start, start + words.length);
  };
  // Whole lines, so that a list begins at a line's start with a blank line above it.
  const lines = (mark) => (box, sample) => {
    const { value } = box;
    const from = value.lastIndexOf("\n", box.selectionStart - 1) + 1;
    const until = value.indexOf("\n", box.selectionEnd);
    const end = until < 0 ? value.length : until;
    const chosen = value.slice(from, end);
    const marked = (chosen.trim() ? chosen : sample).split("\n").map((line, i) => mark(i) + line).join("\n");
    const above = value.slice(0, from);
    const last = above.replace(/\n$/, "").split("\n").at(-1);
    const joins = /^(\s*([-*+]|\d+\.|>)\s|\s*$)/.test(last);
    const gap = above && !joins ? "\n" : "";
    box.setSelectionRange(from, end);
    insert(box, gap + marked);
    if (!chosen.trim()) box.setSelectionRange(box.selectionEnd - sample.length, box.selectionEnd);
  };
  const block = (make) => (box, sample) => {
    const before = box.value.slice(0, box.selectionStart);
    const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    insert(box, gap + make(sample) + "\n");
  };
  const link = (box, sample) => {
    const words = box.value.slice(box.selectionStart, box.selectionEnd) || sample;
    const start = box.selectionStart;
    insert(box, `[${words}](KB-0000)`);
    box.setSelectionRange(start + words.length + 3, start + words.length + 10);
  };
  const code = (box, sample) => {
    const words = box.value.slice(box.selectionStart, box.selectionEnd);
    if (words.includes("\n")) insert(box, "```\n" + words + "\n```");
    else around("`", "`")(box, sample);
  };
  const note = (kind) => block((sample) => `> [!${kind}]\n> ${sample}`);
  const tools = {
    bold: around("**", "**"), heading: lines(() => "### "), numbered: lines((i) => `${i + 1}. `),
    bullets: lines(() => "- "), task: lines(() => "- [ ] "), table: block((sample) => sample),
    link, code, note: note("NOTE"), warning: note("WARNING"),
  };

  const move = (bar, event) => {
    const buttons = [...bar.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  };

  for (const box of document.querySelectorAll("textarea[data-markdown]")) {
    const bar = template.content.firstElementChild.cloneNode(true);
    bar.setAttribute("aria-label", bar.dataset.label.replace("%", box.dataset.markdown));
    bar.setAttribute("aria-controls", box.id);
    bar.querySelectorAll("button").forEach((button, i) => { button.tabIndex = i ? -1 : 0; });
    bar.addEventListener("keydown", (event) => move(bar, event));
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) tools[button.dataset.tool](box, button.dataset.sample);
    });
    box.before(bar);
  }
})();
