/* Shows every <time data-local> in the reader's own zone; the exact UTC stays in its title. */
(() => {
  const lang = document.documentElement.lang || undefined;
  const styles = {
    date: { dateStyle: lang === "ko" ? "long" : "medium" },
    datetime: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" },
  };
  const localise = (scope) => {
    for (const node of scope.querySelectorAll("time[data-local]")) {
      const when = new Date(node.dateTime);
      if (Number.isNaN(when.getTime())) continue;
      const style = styles[node.dataset.local] || styles.datetime;
      node.textContent = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, style).format(when);
    }
  };
  localise(document);
  document.addEventListener("htmx:afterSwap", (event) => localise(event.target));
})();
