/* Runs before the first paint: says that scripts run, and applies the reader's chosen theme. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const order = ["auto", "light", "dark"];
  const stored = () => {
    try { return localStorage.getItem("theme") || "auto"; } catch { return "auto"; }
  };
  const apply = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  apply(stored());

  const label = (button, theme) => {
    button.querySelector("[data-theme-now]").textContent = button.dataset[theme];
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      label(button, stored());
      button.addEventListener("click", () => {
        const next = order[(order.indexOf(stored()) + 1) % order.length];
        try { localStorage.setItem("theme", next); } catch { /* private window: lasts for this page */ }
        apply(next);
        for (const each of document.querySelectorAll("[data-theme-switch]")) label(each, next);
      });
    }
  });
})();
