// The inbox by keyboard: j and k walk, a goes to the approving button, r opens the refusal. Nothing is decided by a key alone.
(function () {
  "use strict";
  let before = "";

  function walk(direction) {
    const link = document.querySelector(".m-desk-walk a[rel=" + direction + "]");
    if (link) link.click();
  }

  function refuse() {
    const part = document.getElementById("refuse");
    if (!part) return;
    part.open = true;
    part.querySelector("textarea").focus();
  }

  const keys = {
    j: function () { walk("next"); },
    k: function () { walk("prev"); },
    a: function () { const button = document.getElementById("approve"); if (button) button.focus(); },
    r: refuse,
  };

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, select, textarea, [contenteditable]") !== null;
    if (event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]")) return;
    const first = before !== "g"; // "g a" is the way to a place, not a key of this page
    before = event.key;
    window.setTimeout(function () { before = ""; }, 1200);
    if (!first || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("input", function (event) {
    if (!event.target.matches("[data-days]")) return;
    const button = event.target.form.querySelector("[data-days-label]");
    const days = parseInt(event.target.value, 10);
    if (days > 0) button.textContent = button.dataset.daysLabel.replace("{n}", String(days));
  });

  document.addEventListener("DOMContentLoaded", function () {
    const list = document.querySelector("#m-keys dl");
    const mine = document.getElementById("m-keys-here");
    if (list && mine) list.append(mine.content.cloneNode(true));
    const days = document.querySelector("[data-days]");
    if (days) days.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
