/* Of the ways in which a right ends, only the fields of the chosen one are shown. */
(() => {
  const chosen = document.getElementById("id_end_by");
  if (!chosen) return;
  const needs = {
    until: ["end"], through: ["end"], duration: ["end_length"], event: ["end_event", "end_length"],
  };
  const show = () => {
    for (const name of ["end", "end_length", "end_event"]) {
      const input = document.getElementById(`id_${name}`);
      const needed = (needs[chosen.value] || []).includes(name);
      // What was typed, or is wrong, is never hidden.
      const field = input.closest(".field");
      field.hidden = !needed && !input.value && !field.querySelector(".field-error");
    }
  };
  chosen.addEventListener("change", show);
  show();
})();
