// What is pasted into a text: cells become a Markdown table, a picture becomes a file of the article.
(() => {
  "use strict";
  const boxes = document.querySelectorAll("textarea[data-markdown]");

  const cell = (text) => text.trim().replace(/\\/g, "\\\\").replace(/\|/g, "\\|").replace(/\s*\n\s*/g, "<br>");
  const table = (rows) => {
    const width = Math.max(...rows.map((row) => row.length));
    const line = (row) => `| ${Array.from({ length: width }, (_, i) => cell(row[i] ?? "")).join(" | ")} |`;
    return [line(rows[0]), `|${" --- |".repeat(width)}`, ...rows.slice(1).map(line)].join("\n");
  };
  // A cell over several columns or rows stands in its first; the others are empty.
  const ofHtml = (html) => {
    const plain = html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
    const page = new DOMParser().parseFromString(plain, "text/html");
    const tables = page.querySelectorAll("table");
    if (tables.length !== 1) return null;
    const rest = page.body.cloneNode(true);
    rest.querySelectorAll("table, style, script").forEach((element) => element.remove());
    if (rest.textContent.trim()) return null;
    const rows = [];
    [...tables[0].rows].forEach((row, y) => {
      rows[y] ??= [];
      let x = 0;
      for (const each of row.cells) {
        while (rows[y][x] !== undefined) x += 1;
        for (const mark of each.querySelectorAll("br")) mark.replaceWith("\n");
        for (let down = 0; down < Math.min(each.rowSpan || 1, tables[0].rows.length - y); down += 1) {
          rows[y + down] ??= [];
          for (let right = 0; right < Math.min(each.colSpan, 50); right += 1) {
            rows[y + down][x + right] = down || right ? "" : each.textContent.replace(/[^\S\n]+/g, " ");
          }
        }
        x += Math.min(each.colSpan, 50);
      }
    });
    return rows;
  };
  const ofTabs = (text) => {
    const rows = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
    const even = rows.every((row) => row.length === rows[0].length);
    return even && rows.length > 1 && rows[0].length > 1 && rows[0][0].trim() ? rows : null;
  };
  const rowsOf = (clipboard) => {
    const html = clipboard.getData("text/html");
    const rows = (html.includes("<table") && ofHtml(html)) || ofTabs(clipboard.getData("text/plain"));
    while (rows?.length && rows.at(-1).every((text) => !text.trim())) rows.pop();
    return rows && (rows.length > 1 || rows[0]?.length > 1) ? rows : null;
  };
  // In a block of code, what is pasted stays as it is.
  const inCode = (before) => before.split("\n").filter((line) => /^(```|~~~)/.test(line)).length % 2 === 1;

  for (const box of boxes) {
    let composing = false;
    box.addEventListener("compositionstart", () => { composing = true; });
    box.addEventListener("compositionend", () => { composing = false; });
    box.addEventListener("paste", (event) => {
      const before = box.value.slice(0, box.selectionStart);
      if (composing || inCode(before)) return;
      const rows = rowsOf(event.clipboardData);
      const files = [...event.clipboardData.files];
      if (rows) {
        event.preventDefault();
        box.blur(); // ends what was being typed: undo takes back the table alone
        const above = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
        const after = box.value.slice(box.selectionEnd);
        const below = after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
        const detail = above + table(rows) + below;
        box.dispatchEvent(new CustomEvent("kb:insert", { detail, bubbles: true }));
        box.dispatchEvent(new CustomEvent("kb:table", { bubbles: true }));
      } else if (files.length && !event.clipboardData.getData("text/plain")) {
        event.preventDefault();
        box.dispatchEvent(new CustomEvent("kb:files", { detail: files, bubbles: true }));
      }
    });
  }
})();
