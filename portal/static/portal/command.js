// Search from anywhere: Ctrl+K, arrows, Enter. htmx brings the list; this moves the choice.
(function () {
  "use strict";
  const dialog = () => document.getElementById("m-command");
  const input = () => document.getElementById("m-command-input");
  const options = () => Array.from(document.querySelectorAll("#m-command-list [role=option]"));
  let chosen = -1;

  function choose(index) {
    const all = options();
    chosen = all.length ? (index + all.length) % all.length : -1;
    all.forEach(function (option, at) { option.setAttribute("aria-selected", String(at === chosen)); });
    if (chosen < 0) return input().removeAttribute("aria-activedescendant");
    input().setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  function open() {
    const box = dialog();
    if (!box || box.open) return;
    document.documentElement.classList.remove("m-nav-open");
    box.showModal();
    input().select();
    window.htmx.trigger(input(), "m-open");
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-command-open]")) open();
    if (event.target.matches && event.target.matches("dialog.m-dialog")) event.target.close();
  });
  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
    if (event.target !== input()) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      dialog().close();
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      options()[chosen].click();
    }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id === "m-command-list") choose(0);
  });
})();
