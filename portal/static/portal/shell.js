// The shell: menu on narrow screens, menus that close, keys, and refusals of parts that refresh alone.
(function () {
  "use strict";
  const root = document.documentElement;

  function nav(open) {
    const side = document.getElementById("m-side");
    const opener = document.querySelector("[data-nav-open]");
    if (!side || !opener || root.classList.contains("m-nav-open") === open) return;
    root.classList.toggle("m-nav-open", open);
    opener.setAttribute("aria-expanded", String(open));
    (open ? side.querySelector("[data-nav-close]") : opener).focus();
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-nav-open]")) nav(true);
    else if (event.target.closest("[data-nav-close]")) nav(false);
    if (event.target.closest("[data-keys-open]")) document.getElementById("m-keys").showModal();
    document.querySelectorAll("details.m-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (event.target.closest("button[aria-disabled=true]")) event.preventDefault();
    const demo = event.target.closest("[data-demo-email]");
    if (demo) {
      const form = document.getElementById("m-sign-in");
      form.elements.login.value = demo.dataset.demoEmail;
      form.elements.password.value = demo.dataset.demoPassword;
      form.requestSubmit();
    }
  });

  document.addEventListener("submit", function (event) {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  const typing = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;
  let before = "", forgetting = 0;
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      nav(false);
      document.querySelectorAll("details.m-menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const keys = document.getElementById("m-keys");
    if (event.key === "?" && keys) {
      event.preventDefault();
      keys.showModal();
    }
    const place = before && document.querySelector('[data-keys="' + CSS.escape(before + " " + event.key) + '"]');
    if (place) {
      event.preventDefault();
      place.click();
    }
    before = event.key;
    window.clearTimeout(forgetting);
    forgetting = window.setTimeout(function () { before = ""; }, 1200);
  });

  // A part that refreshes alone was refused: its sentence appears at the top of the page.
  document.addEventListener("htmx:responseError", function (event) {
    const messages = document.getElementById("m-messages");
    if (!messages || !event.detail.xhr) return;
    const parsed = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const note = parsed.querySelector(".m-note");
    if (!note) return;
    messages.replaceChildren(document.importNode(note, true));
    messages.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("DOMContentLoaded", function () {
    const first = document.querySelector("[data-focus]");
    if (first) first.focus();
  });
})();
