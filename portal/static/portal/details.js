// Small comforts: copy an id, and the exact date on hover and focus.
(function () {
  "use strict";
  let tip = null;

  function show(element) {
    hide();
    tip = document.createElement("div");
    tip.className = "m-tip";
    tip.setAttribute("aria-hidden", "true");
    tip.textContent = element.dataset.tip;
    (element.closest("dialog") || document.body).append(tip);
    const at = element.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left), window.innerWidth - tip.offsetWidth - 8);
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = left + "px";
    tip.style.top = (above > 8 ? above : at.bottom + 6) + "px";
  }

  function hide() {
    if (tip) tip.remove();
    tip = null;
  }

  ["mouseover", "focusin"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      const element = event.target.closest && event.target.closest("[data-tip]");
      if (element) show(element);
      else hide();
    });
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.done = "";
    const toast = document.getElementById("m-toast");
    if (toast) toast.textContent = button.dataset.copied;
    window.setTimeout(function () {
      delete button.dataset.done;
      if (toast) toast.textContent = "";
    }, 1600);
  });
})();
