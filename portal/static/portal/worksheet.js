// The worksheet by keyboard, and where attention goes after a decision. Without this file every button still works.
(function () {
  "use strict";
  const rows = () => Array.from(document.querySelectorAll("[data-item]"));
  const here = () => document.activeElement && document.activeElement.closest("[data-item]");
  const opener = document.querySelector("[data-worksheet-keys]");
  const keys = document.getElementById("r-keys");
  if (opener) opener.hidden = false;

  function go(row) {
    if (!row) return;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(here());
    if (at < 0) return go(all.find((row) => "open" in row.dataset) || all[0]);
    if (at + by >= all.length) return more();
    go(all[Math.max(0, at + by)]);
  }

  // The next open item below, or from the top; when there is none, the next agents are fetched.
  function nextOpen(from) {
    const all = rows();
    const at = all.indexOf(from);
    const open = (row) => "open" in row.dataset;
    const next = all.slice(at + 1).find(open);
    if (next) return go(next);
    if (document.querySelector("[data-more]")) return more();
    go(all.slice(0, Math.max(at, 0)).find(open) || from);
  }

  let waiting = null; // the last row, while the agents after it are fetched
  function more() {
    const link = document.querySelector("[data-more]");
    if (!link || waiting) return;
    waiting = rows().at(-1);
    link.click();
  }

  function narrow(row) {
    const change = row.querySelector(".r-change");
    const box = row.querySelector("[data-narrow]");
    if (!box) return;
    if (change) change.open = true;
    box.open = true;
    box.querySelector("textarea").focus();
  }

  function press(row, form) {
    const button = form && form.querySelector("button");
    if (button && !button.disabled) button.click();
  }

  const typing = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;
  let before = "";
  document.addEventListener("keydown", function (event) {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = here();
    if (event.key === "Escape" && row) {
      const open = event.target.closest("[data-narrow]");
      if (open) {
        open.open = false;
        go(row);
      }
      return;
    }
    if (typing(event.target)) return;
    const second = before === "g"; // "g e" leads to another page
    before = event.key;
    window.setTimeout(function () { before = ""; }, 1200);
    if (second) return;
    let done = true;
    if (event.key === "?" && keys && opener) keys.showModal();
    else if (event.key === "ArrowDown" || event.key === "j") step(1);
    else if (event.key === "ArrowUp" || event.key === "p") step(-1);
    else if (event.key === "n") nextOpen(row);
    else if (row && event.key === "k") press(row, row.querySelector("[data-keep]"));
    else if (row && event.key === "e") narrow(row);
    else if (row && event.key === "u") press(row, row.querySelector("[data-undo]"));
    else if (row && event.key === "o") {
      const evidence = row.querySelector(".r-evidence");
      if (evidence) evidence.open = !evidence.open;
    } else done = false;
    if (!done) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-worksheet-keys]")) keys.showModal();
  });

  // An opened reason box is ready to be written in.
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches("[data-narrow]") && event.target.open) event.target.querySelector("textarea").focus();
  }, true);

  // 409: somebody was faster. The row comes back as it stands now, with the sentence.
  let answered = null;
  document.addEventListener("htmx:beforeSwap", function (event) {
    const detail = event.detail;
    const row = detail.requestConfig.verb === "post" && detail.requestConfig.elt.closest("[data-item]");
    if (!row) return;
    if (detail.xhr.status === 409 && detail.xhr.responseText.includes("data-item")) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
    const stays = "undo" in detail.requestConfig.elt.dataset || detail.xhr.status !== 200;
    answered = detail.shouldSwap ? { id: row.id, stays: stays } : null;
  });

  document.addEventListener("htmx:afterSettle", function (event) {
    if (waiting && event.detail.requestConfig.verb === "get") {
      const from = waiting;
      waiting = null;
      nextOpen(from);
    } else if (answered) {
      const row = document.getElementById(answered.id);
      const stays = answered.stays;
      answered = null;
      if (row && stays) go(row);
      else if (row) nextOpen(row);
    }
  });
})();
