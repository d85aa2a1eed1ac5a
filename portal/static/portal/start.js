// Another legal entity: the empty row is copied and numbered. Without scripts one entity can be set up, and more later.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  const add = document.getElementById("start-add");
  const rows = document.getElementById("start-rows");
  const total = document.querySelector("input[name=entity-TOTAL_FORMS]");
  if (!add || !rows || !total) return;
  add.hidden = false;
  add.addEventListener("click", function () {
    const number = parseInt(total.value, 10);
    const row = document.getElementById("start-row").content.cloneNode(true);
    row.querySelectorAll("[id], [name], [for], [aria-describedby]").forEach(function (element) {
      ["id", "name", "for", "aria-describedby"].forEach(function (attribute) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replaceAll("__prefix__", String(number)));
      });
    });
    row.querySelector("legend").append(String(number + 1));
    rows.append(row);
    total.value = String(number + 1);
    rows.lastElementChild.querySelector("input").focus();
  });
});
