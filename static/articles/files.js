// Files brought into the form: dropped on a text, pasted or chosen; the text then names them.
(() => {
  "use strict";
  const part = document.querySelector("[data-files]");
  const form = document.querySelector("[data-editor]");
  if (!part || !form) return;
  const list = part.querySelector("[data-file-list]");
  const input = part.querySelector("[data-file-input]");
  const said = part.querySelector("[data-file-said]");
  const problems = part.querySelector("[data-file-problems]");
  const boxes = [...form.querySelectorAll("textarea[data-markdown]")];
  input.removeAttribute("name"); // what is chosen goes at once; saving must not send it again
  let last = boxes[0];

  const words = (key, name) => part.dataset[key].replace("%", () => name);
  const tell = (sentences) => {
    problems.replaceChildren(...sentences.map((sentence) => {
      const line = document.createElement("p");
      line.setAttribute("role", "alert");
      line.textContent = sentence;
      return line;
    }));
    if (sentences.length) problems.scrollIntoView({ block: "nearest" });
  };
  // Beside the caret, on a line of its own; in a picture the caret waits where its words belong.
  const put = (box, markdown) => {
    const before = box.value.slice(0, box.selectionStart);
    const gap = !before || before.endsWith("\n") ? "" : "\n";
    const start = box.selectionStart + gap.length;
    box.focus();
    box.dispatchEvent(new CustomEvent("kb:insert", { detail: `${gap}${markdown}\n`, bubbles: true }));
    if (markdown.startsWith("![](")) box.setSelectionRange(start + 2, start + 2);
  };
  const show = (html) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const row = fresh.content.firstElementChild;
    list.querySelector(`[data-file="${row.dataset.file}"]`)?.remove();
    list.append(row);
    part.querySelector("[data-file-none]").hidden = true;
    part.querySelector("[data-file-waiting]").hidden = false;
  };
  const mark = () => {
    const text = boxes.map((box) => box.value).join("\n");
    for (const row of list.children) {
      row.querySelector("[data-file-unused]").hidden = text.includes(`attachment:${row.dataset.file}`);
    }
  };
  const post = (address, data) => {
    data.append("csrf_token", form.querySelector("[name=csrf_token]").value);
    const headers = { "HX-Request": "true", Accept: "application/json" };
    return fetch(address, { method: "POST", body: data, headers, redirect: "error" });
  };

  const send = async (box, file) => {
    const data = new FormData();
    data.append("files", file, file.name);
    if (part.querySelector("[data-file-unread]").checked) data.append("unread_checked", "1");
    said.textContent = words("sending", file.name);
    try {
      const answer = await post(part.dataset.address, data);
      if (answer.status === 204) return [words("signedOut", file.name)];
      if (answer.status === 413) return [words("tooLarge", file.name)];
      if (answer.status !== 201 && answer.status !== 422) return [words("failed", file.name)];
      const { files, problems: reasons } = await answer.json();
      for (const { markdown, html } of files) {
        put(box, markdown);
        show(html);
      }
      said.textContent = files.length ? words("done", file.name) : "";
      return reasons.map((reason) => `${file.name}: ${reason}`);
    } catch {
      return [words("failed", file.name)];
    }
  };
  const bring = async (box, files) => {
    tell([]);
    const wrong = [];
    for (const file of files) wrong.push(...await send(box, file));
    if (wrong.length) said.textContent = "";
    tell(wrong);
    mark();
  };

  for (const box of boxes) {
    box.addEventListener("focus", () => { last = box; });
    box.addEventListener("kb:files", (event) => bring(box, event.detail));
    box.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      box.classList.add("dropping");
    });
    box.addEventListener("dragleave", () => box.classList.remove("dropping"));
    box.addEventListener("drop", (event) => {
      box.classList.remove("dropping");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      bring(box, [...event.dataTransfer.files]);
    });
  }
  // A file dropped beside a text would replace the page and everything written in it.
  for (const kind of ["dragover", "drop"]) {
    addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes("Files") && !event.defaultPrevented) {
        event.preventDefault();
        event.dataTransfer.dropEffect = "none";
      }
    });
  }
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await bring(last, files);
  });
  list.addEventListener("click", async (event) => {
    const row = event.target.closest("[data-file]");
    if (event.target.closest("[data-file-insert]")) {
      put(last, row.dataset.markdown);
      mark();
    }
    const removal = event.target.closest("[data-file-remove]");
    if (!removal) return;
    const answer = await post(removal.dataset.fileRemove, new FormData()).catch(() => null);
    if (!answer?.ok) return tell([words("failed", row.dataset.name)]);
    row.remove();
    part.querySelector("[data-file-none]").hidden = list.children.length > 0;
    said.textContent = words("removed", row.dataset.name);
    input.focus();
  });
  form.addEventListener("input", mark);
  document.addEventListener("kb:table", () => { said.textContent = words("table", ""); });
})();
