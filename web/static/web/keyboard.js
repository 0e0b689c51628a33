/* `/` search, `g` + letter a section, `j` and `k` rows, Enter opens, `?` help. */
(() => {
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("[data-rows] > tr, [data-rows] > li")]
    .filter((row) => row.offsetParent !== null);
  let afterG = 0;
  let here = null;

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(here);
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
    if (here) here.classList.remove("is-here");
    here = next;
    here.classList.add("is-here");
    here.scrollIntoView({ block: "nearest" });
    const link = here.querySelector("a, button, input");
    if (link) link.focus({ preventScroll: true });
  };

  const help = () => {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  };
  const search = () => {
    const box = document.querySelector("[data-finder]");
    if (box) { box.focus(); box.select(); }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "g") { afterG = Date.now(); return; }
    if (Date.now() - afterG < 1200) {
      afterG = 0;
      const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); location.assign(link.href); }
      return;
    }
    const actions = { "/": search, "?": help, j: () => move(1), k: () => move(-1) };
    const act = actions[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-keys]")) help();
    const close = event.target.closest("[data-close]");
    if (close) close.closest("dialog").close();
  });
})();
