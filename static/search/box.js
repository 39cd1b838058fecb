// The search box on every page: suggestions, a field of several lines for a paste, and Enter that searches.
// One line is an editable combobox with a list; several lines are a plain text field, which may not be one.
(() => {
  "use strict";
  const PAUSE = 120;
  const LONG = 60;
  const ROWS = 8;
  const composes = (event) => event.isComposing || event.keyCode === 229;

  const equip = (ask) => {
    const words = ask.dataset;
    const list = document.createElement("ul");
    const status = document.createElement("p");
    let box = ask.querySelector("input, textarea");
    const form = box.form;
    let shown = [];
    let active = -1;
    let timer = 0;
    let asking = null;

    list.className = "ask-list";
    list.id = `${box.id}-list`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.label);
    status.className = "unseen";
    status.setAttribute("role", "status");
    ask.append(list, status);

    const several = () => box.localName === "textarea";
    const open = () => !list.hidden;
    const dress = () => {
      if (several()) return grow();
      box.setAttribute("role", "combobox");
      box.setAttribute("aria-autocomplete", "list");
      box.setAttribute("aria-controls", list.id);
      box.setAttribute("aria-expanded", "false");
    };
    const grow = () => {
      const style = getComputedStyle(box);
      box.rows = 1;
      const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
      const lines = Math.round((box.scrollHeight - padding) / parseFloat(style.lineHeight));
      box.rows = Math.min(ROWS, Math.max(1, lines));
    };

    // Replace the field by one of the other kind, the text, the place in it and the focus kept.
    const become = (kind) => {
      close();
      const other = document.createElement(kind);
      const [start, end] = [box.selectionStart, box.selectionEnd];
      for (const { name, value } of box.attributes) {
        if (!/^(role|rows|style|type|value|aria-(autocomplete|controls|expanded|activedescendant))$/.test(name)) other.setAttribute(name, value);
      }
      if (kind === "input") other.type = "search";
      other.value = box.value;
      const focused = document.activeElement === box;
      box.replaceWith(other);
      box = other;
      dress();
      if (!focused) return;
      box.focus();
      box.setSelectionRange(start, end);
    };
    // As if typed: the browser can undo it, and tells everybody who listens.
    const insert = (text) => document.execCommand("insertText", false, text);

    const close = () => {
      window.clearTimeout(timer);
      asking?.abort();
      list.hidden = true;
      active = -1;
      status.textContent = "";
      box.removeAttribute("aria-activedescendant");
      if (!several()) box.setAttribute("aria-expanded", "false");
    };
    const point = (number) => {
      active = number;
      [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
      if (active < 0) return box.removeAttribute("aria-activedescendant");
      box.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    };
    const option = (row, number) => {
      const item = document.createElement("li");
      const text = document.createElement("span");
      const kind = document.createElement("span");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      text.lang = "ja";
      text.textContent = row.text;
      kind.className = "ask-kind";
      kind.textContent = words[row.kind];
      item.append(text, " ", kind);
      return item;
    };
    const show = (rows) => {
      shown = rows;
      active = -1;
      list.replaceChildren(...rows.map(option));
      list.hidden = !rows.length;
      box.setAttribute("aria-expanded", String(open()));
      box.removeAttribute("aria-activedescendant");
      status.textContent = rows.length ? words.count.replace("{n}", rows.length) : "";
    };
    const suggest = async () => {
      const text = box.value.trim();
      asking?.abort();
      if (!text || several() || text.length > LONG) return close();
      asking = new AbortController();
      try {
        const answer = await fetch(`${words.url}?${new URLSearchParams({ q: text })}`, { signal: asking.signal });
        const rows = answer.ok && !answer.redirected ? await answer.json() : [];
        if (document.activeElement === box && box.value.trim() === text) show(rows);
      } catch {
        // Asked again since, or no connection: the search itself says so.
      }
    };
    const soon = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(suggest, PAUSE);
    };
    const choose = (number) => {
      const { url } = shown[number];
      close();
      window.location.assign(url);
    };

    ask.addEventListener("compositionstart", () => window.clearTimeout(timer));
    ask.addEventListener("compositionend", soon);
    ask.addEventListener("input", (event) => {
      if (several()) {
        grow();
        if (!box.value && !event.isComposing) become("input");
      } else if (!event.isComposing) soon();
    });
    ask.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain").trim() ?? "";
      if (several() || !(text.includes("\n") || text.length + box.value.length > LONG)) return;
      event.preventDefault();
      become("textarea");
      insert(text);
    });
    ask.addEventListener("focusout", close);

    const moves = { ArrowDown: 1, ArrowUp: -1 };
    ask.addEventListener("keydown", (event) => {
      if (composes(event)) {
        if (event.key === "Enter" && !event.isComposing) event.preventDefault(); // it has ended a composition
        return;
      }
      if (event.ctrlKey || event.metaKey) return;
      if (event.key === "Enter") return enter(event);
      if (event.key === "Escape" && open()) {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (event.key in moves && !several() && !event.altKey) {
        event.preventDefault();
        if (open()) point((active + 1 + moves[event.key] + shown.length + 1) % (shown.length + 1) - 1);
        else suggest();
      }
    });
    const enter = (event) => {
      if (open() && active >= 0) {
        event.preventDefault();
        choose(active);
      } else if (event.shiftKey) {
        if (several()) return;
        event.preventDefault();
        become("textarea");
        insert("\n");
      } else {
        event.preventDefault();
        close();
        form.requestSubmit();
      }
    };
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) choose([...list.children].indexOf(item));
    });

    // What is too long for an address is sent as a post; the server answers with a short address.
    form.addEventListener("submit", (event) => {
      if (window.kbFits(form)) return;
      event.preventDefault();
      const post = document.createElement("form");
      post.method = "post";
      post.action = form.action;
      post.hidden = true;
      const fields = new FormData(form);
      fields.set("csrf_token", document.querySelector("input[name=csrf_token]").value);
      for (const [name, value] of fields) {
        const field = document.createElement("textarea");
        field.name = name;
        field.value = value;
        post.append(field);
      }
      document.body.append(post);
      post.submit();
    });
    dress();
  };

  window.kbFits = (form) => {
    const { bytes, characters } = form.querySelector("[data-ask]").dataset;
    const text = form.elements.q.value.trim();
    return text.length <= characters && new URLSearchParams({ q: text }).toString().length - 2 <= bytes;
  };
  document.querySelectorAll("[data-ask]").forEach(equip);
})();
