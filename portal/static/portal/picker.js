// Choosing among thousands: matches appear while one types (WAI-ARIA combobox). Without this script the field still takes the text.
(function () {
  "use strict";
  let count = 0;

  function equip(input) {
    if (input.dataset.equipped) return;
    input.dataset.equipped = "yes";
    count += 1;
    const list = document.createElement("ul");
    list.id = "m-picker-" + count;
    list.className = "p-options";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.pickerLabel || "");
    list.hidden = true;
    const status = document.createElement("span");
    status.className = "m-sr";
    status.setAttribute("role", "status");
    input.parentElement.append(list, status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    let at = -1;
    let timer = 0;
    let asked = "";

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(next) {
      const options = list.children;
      if (!options.length) return;
      if (at >= 0) options[at].setAttribute("aria-selected", "false");
      at = (next + options.length) % options.length;
      options[at].setAttribute("aria-selected", "true");
      options[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[at].id);
    }

    function choose(option) {
      input.value = option.dataset.value;
      asked = input.value;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function show(found) {
      list.replaceChildren();
      found.forEach(function (match, index) {
        const option = document.createElement("li");
        option.id = list.id + "-" + index;
        option.dataset.value = match.value;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const name = document.createElement("span");
        name.textContent = match.name;
        const hint = document.createElement("small");
        hint.textContent = match.hint;
        option.append(name, hint);
        option.addEventListener("mousedown", function (event) { event.preventDefault(); choose(option); });
        list.append(option);
      });
      at = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      status.textContent = (input.dataset.pickerFound || "{n}").replace("{n}", String(found.length));
    }

    async function ask() {
      const text = input.value.trim();
      if (text.length < 2 || text === asked) return close();
      asked = text;
      const answer = await fetch(input.dataset.picker + "?q=" + encodeURIComponent(text), { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected || input.value.trim() !== text || document.activeElement !== input) return;
      show((await answer.json()).found);
    }

    input.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, 150);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
      else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(list.children[at]); }
      else if (event.key === "Escape") { event.stopPropagation(); close(); }
    });
  }

  function equipAll(root) { root.querySelectorAll("input[data-picker]").forEach(equip); }
  document.addEventListener("DOMContentLoaded", function () { equipAll(document); });
  document.addEventListener("htmx:load", function (event) { equipAll(event.target); });
})();
