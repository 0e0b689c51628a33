/* A form with data-upload sends its file with visible progress; a .drop zone takes a dropped file.
   Without this script the same form posts as any other. The answer may be a page, the
   address of what was made, or an error, which is shown where the progress was. */
const amounts = (() => {
  const lang = document.documentElement.lang || "en";
  const bytes = (count) => {
    const step = count >= 1e9 ? [1e9, "gigabyte"] : count >= 1e6 ? [1e6, "megabyte"] : [1e3, "kilobyte"];
    return new Intl.NumberFormat(lang, { style: "unit", unit: step[1], maximumFractionDigits: 1 }).format(count / step[0]);
  };
  const clock = (seconds) => {
    const whole = Math.max(0, Math.round(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };
  return { bytes, clock };
})();

(() => {
  const { bytes, clock } = amounts;
  const showName = (input) => {
    const name = input.closest(".drop")?.querySelector(".drop-name");
    if (name) name.textContent = [...input.files].map((file) => `${file.name}, ${bytes(file.size)}`).join("; ");
  };

  const send = (form) => {
    const box = form.querySelector(".progress");
    const [bar, done, left] = ["progress", "[data-done]", "[data-left]"].map((q) => box.querySelector(q));
    const request = new XMLHttpRequest();
    const started = performance.now();
    box.hidden = false;
    for (const button of form.querySelectorAll("[type=submit]")) button.disabled = true;
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      const seconds = (performance.now() - started) / 1000;
      const rate = event.loaded / Math.max(seconds, 0.001);
      bar.max = event.total;
      bar.value = event.loaded;
      done.textContent = `${bytes(event.loaded)} / ${bytes(event.total)}, ${bytes(rate)}/s`;
      left.textContent = event.loaded < event.total ? clock((event.total - event.loaded) / rate) : box.dataset.checking;
    });
    const refuse = (text) => {
      left.textContent = "";
      done.textContent = text;
      for (const button of form.querySelectorAll("[type=submit]")) button.disabled = false;
    };
    request.addEventListener("load", () => {
      // A redirect is followed unseen, and its page's messages are gone: 201 names the place instead.
      if (request.status === 201) { location.assign(request.getResponseHeader("Location")); return; }
      const isPage = (request.getResponseHeader("Content-Type") || "").startsWith("text/html");
      if (request.status < 400 && request.responseURL !== location.href) { location.assign(request.responseURL); return; }
      if (!isPage) { refuse(`${request.status} ${request.statusText}`); return; }
      // The page itself came back, with its errors or its report: show just its main part.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = page.querySelector("main");
      if (!fresh) { refuse(`${request.status} ${request.statusText}`); return; }
      document.querySelector("main").replaceWith(document.adoptNode(fresh));
      window.htmx?.process(fresh);
      fresh.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
      (document.querySelector(".error-summary") || fresh).focus();
    });
    request.addEventListener("error", () => refuse(box.dataset.failed));
    box.querySelector("[data-cancel]")?.addEventListener("click", () => { request.abort(); box.hidden = true; refuse(""); }, { once: true });
    request.open(form.method, form.action);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.send(new FormData(form));
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-upload]")) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".drop input[type=file]")) showName(event.target);
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest?.(".drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      const input = zone.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
})();
