/* A form with data-parts sends its files in parts, to where they are kept. Each part is hashed
   here before it is sent, so a wrong one is refused; what is in stays in. Closed, crashed or cut
   off, the same file chosen again goes on where it stopped. Without this script, or without
   WebCrypto (plain http), the form posts as any other. */
(() => {
  if (!window.crypto?.subtle) return;
  const LANES = 4;
  const RATE_MS = 8000;
  const SILENCE_MS = 60000; // an open line on which nothing moves any more is as good as broken
  const running = new Map(); // code: Sending
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /* Why a part was refused, in the reader's language; "" where a bucket answers. */
  const reason = (request) => {
    try { return JSON.parse(request.responseText).detail || ""; } catch { return ""; }
  };

  class Refused extends Error {}
  class Stopped extends Error {}

  /* One file: hashes, sends, waits for the check; shows itself in its row. */
  class Sending {
    constructor(file, form) {
      this.file = file;
      this.form = form;
      this.words = form.querySelector("template[data-words]").dataset;
      this.row = form.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
      this.sent = new Map(); // number of a part: bytes of it that are sent
      this.requests = new Set();
      this.marks = [];
      this.state = "waiting";
      this.part("name").textContent = file.name;
      for (const name of ["pause", "resume", "cancel"]) {
        this.part(name).addEventListener("click", () => this[name]());
      }
      this.say("waiting");
    }

    part(name) { return this.row.querySelector(`[data-${name}]`); }

    say(state, text) {
      this.state = state;
      this.row.dataset.state = state;
      this.part("state").textContent = text || this.words[state] || "";
      this.part("pause").hidden = state !== "sending" && state !== "retrying";
      this.part("resume").hidden = state !== "paused";
      this.part("cancel").hidden = ["done", "copy", "refused", "cancelled"].includes(state);
    }

    get done() { return [...this.sent.values()].reduce((sum, bytes) => sum + bytes, 0); }

    async run() {
      try {
        this.upload = (await this.found()) || (await this.call("POST", "uploads/", {
          of: this.form.dataset.parts,
          filename: this.file.name,
          size_bytes: this.file.size,
          source_type: this.form.elements.source_type.value,
        }));
        if (this.state === "cancelled") { await this.forget(); return; }
        running.set(this.upload.code, this);
        hideKnown();
        await this.send();
        await this.complete();
        await this.checked();
      } catch (error) {
        if (!(error instanceof Stopped)) this.say("refused", error.message);
        this.stop();
      } finally {
        this.show();
      }
    }

    /* An open upload of the same file: by name and size, then by the hash of every part that was
       sent, one after the other: another file may begin alike and be as long. */
    async found() {
      const query = new URLSearchParams({ of: this.form.dataset.parts, state: "open", limit: 200 });
      const open = (await this.call("GET", `uploads/?${query}`)).results;
      for (const one of open) {
        if (one.filename !== this.file.name || one.size_bytes !== this.file.size || running.has(one.code)) continue;
        const upload = await this.call("GET", `uploads/${one.code}/`);
        if (upload.state !== "open") continue;
        if (await this.holds(upload)) return upload;
      }
      return null;
    }

    async holds(upload) {
      for (const part of upload.parts) {
        if (this.state === "cancelled") throw new Stopped();
        if (part.sha256 !== await this.hash(part.number, upload.part_bytes)) return false;
      }
      return true;
    }

    async send() {
      const there = new Set(this.upload.parts.filter((part) => part.is_in).map((part) => part.number));
      this.waiting = [];
      for (let number = 1; number <= this.upload.part_count; number += 1) {
        if (there.has(number)) this.sent.set(number, this.slice(number).size);
        else this.waiting.push(number);
      }
      this.say("sending");
      this.timer ||= setInterval(() => this.show(), 500);
      await Promise.all(Array.from({ length: LANES }, () => this.lane()));
    }

    async lane() {
      while (this.waiting.length) {
        await this.unpaused();
        const number = this.waiting.shift();
        if (number === undefined) return;
        await this.sendPart(number);
      }
    }

    async sendPart(number) {
      let wrong = 0;
      for (let tries = 0; ; tries += 1) {
        await this.unpaused();
        const sha256 = await this.hash(number);
        const asked = { parts: [{ number, sha256 }] };
        const link = (await this.call("POST", `uploads/${this.upload.code}/parts/`, asked)).parts[0];
        const { status, why } = await this.put(link, number);
        if (status >= 200 && status < 300) {
          this.sent.set(number, this.slice(number).size);
          if (this.state === "retrying") this.say("sending");
          return;
        }
        this.sent.delete(number);
        if (this.state === "paused") { tries = -1; continue; }
        // 0: the line broke. 4xx: the link has run out, or the part came wrong; a few times only.
        if (status >= 400 && status < 500 && status !== 429 && (wrong += 1) > 3) throw new Refused(why || this.words.broken);
        await this.later(tries);
      }
    }

    put(link, number) {
      return new Promise((done) => {
        const request = new XMLHttpRequest();
        this.requests.add(request);
        let watch;
        const listen = () => {
          clearTimeout(watch);
          watch = setTimeout(() => request.abort(), SILENCE_MS);
        };
        request.upload.addEventListener("progress", (event) => {
          this.sent.set(number, event.loaded);
          listen();
        });
        request.addEventListener("loadend", () => {
          clearTimeout(watch);
          this.requests.delete(request);
          done({ status: request.status, why: reason(request) });
        });
        request.open(link.method, link.url);
        for (const [name, value] of Object.entries(link.headers)) request.setRequestHeader(name, value);
        request.send(this.slice(number));
        listen();
      });
    }

    async complete() {
      this.say("completing");
      this.upload = await this.call("POST", `uploads/${this.upload.code}/complete/`, {});
    }

    async checked() {
      while (["completing", "checking"].includes(this.upload.state)) {
        const done = Math.floor((100 * this.upload.checked_bytes) / this.file.size);
        this.say("checking", `${this.words.checking} ${done ? `${done} %` : ""}`);
        await sleep(1000);
        this.upload = await this.call("GET", `uploads/${this.upload.code}/`);
      }
      if (this.upload.state !== "done") throw new Refused(this.upload.reason || this.words.cancelled);
      this.say(this.upload.is_copy ? "copy" : "done");
      const open = this.part("open");
      open.href = `/assets/${encodeURIComponent(this.upload.asset)}/`;
      open.hidden = false;
    }

    slice(number, size = this.upload.part_bytes) {
      return this.file.slice((number - 1) * size, number * size);
    }

    async hash(number, size) {
      let content;
      try {
        content = await this.slice(number, size).arrayBuffer();
      } catch {
        throw new Refused(this.words.unreadable);
      }
      return hex(await crypto.subtle.digest("SHA-256", content));
    }

    /* Ask the API; a broken line and a server in trouble are waited out. */
    async call(method, path, body) {
      for (let tries = 0; ; tries += 1) {
        if (this.state === "cancelled") throw new Stopped();
        let answer;
        try {
          answer = await fetch(`/api/v1/${path}`, {
            method,
            headers: {
              "Content-Type": "application/json",
              "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value,
              "Accept-Language": document.documentElement.lang,
            },
            body: body && JSON.stringify(body),
          });
        } catch {
          await this.later(tries);
          continue;
        }
        if (answer.status === 429 || answer.status >= 500) { await this.later(tries); continue; }
        if (this.state === "retrying") this.say("sending");
        const data = answer.status === 204 ? null : await answer.json();
        if (!answer.ok) throw new Refused(data.errors?.[0]?.message || data.detail);
        return data;
      }
    }

    async later(tries) {
      if (this.state === "cancelled") throw new Stopped();
      if (this.state === "sending") this.say("retrying");
      await Promise.race([
        sleep(Math.min(30000, 500 * 2 ** tries)),
        new Promise((done) => window.addEventListener("online", done, { once: true })),
      ]);
    }

    async unpaused() {
      while (this.state === "paused") await sleep(100);
      if (this.state === "cancelled" || this.state === "refused") throw new Stopped();
    }

    pause() { this.say("paused"); this.abort(); this.show(); }

    resume() { this.marks = []; this.say("sending"); }

    async cancel() {
      this.say("cancelled");
      this.stop();
      this.sent.clear();
      this.show();
      if (this.upload) await this.forget();
    }

    async forget() {
      const token = this.form.elements.csrfmiddlewaretoken.value;
      await fetch(`/api/v1/uploads/${this.upload.code}/`, { method: "DELETE", headers: { "X-CSRFToken": token } });
    }

    abort() { for (const request of this.requests) request.abort(); }

    stop() { this.abort(); clearInterval(this.timer); }

    show() {
      const [bar, done, left] = ["bar", "done", "left"].map((name) => this.part(name));
      bar.max = this.file.size;
      bar.value = Math.min(this.done, this.file.size);
      done.textContent = `${amounts.bytes(bar.value)} / ${amounts.bytes(this.file.size)}`;
      left.textContent = "";
      const now = performance.now();
      this.marks = [...this.marks.filter(([when]) => now - when < RATE_MS), [now, this.done]];
      const [[when, before]] = this.marks;
      const rate = (1000 * (this.done - before)) / Math.max(1, now - when);
      if (this.state === "sending" && rate > 0) {
        left.textContent = `${amounts.bytes(rate)}/s, ${this.words.left} ${amounts.clock((this.file.size - this.done) / rate)}`;
      }
      if (["checking", "done", "copy", "refused", "cancelled"].includes(this.state)) clearInterval(this.timer);
      showTotal(this.form);
    }
  }

  /* The files of a form, one after the other; the check of one runs beside the sending of the next. */
  const queues = new WeakMap();
  const begin = async (form, files) => {
    const list = form.querySelector("[data-sending]");
    const known = queues.get(form) || [];
    const more = [...files].map((file) => new Sending(file, form));
    queues.set(form, [...known, ...more]);
    for (const sending of more) list.append(sending.row);
    list.hidden = false;
    showTotal(form);
    if (known.some((sending) => ["waiting", "sending", "retrying", "paused"].includes(sending.state))) return;
    let next;
    while ((next = queues.get(form).find((sending) => sending.state === "waiting"))) {
      const running = next.run();
      await Promise.race([running, until(() => !["waiting", "sending", "retrying", "paused"].includes(next.state))]);
    }
    const all = queues.get(form);
    if (all.length !== 1) return;
    await until(() => !["completing", "checking"].includes(all[0].state));
    // A file alone opens by itself, unless more were chosen meanwhile.
    if (all[0].state === "done" && queues.get(form).length === 1) location.assign(all[0].part("open").href);
  };

  const until = async (holds) => { while (!holds()) await sleep(50); };

  const showTotal = (form) => {
    const all = queues.get(form) || [];
    const line = form.querySelector("[data-total]");
    line.hidden = all.length < 2;
    const size = all.reduce((sum, one) => sum + one.file.size, 0);
    const done = all.reduce((sum, one) => sum + Math.min(one.done, one.file.size), 0);
    const ended = all.filter((one) => ["done", "copy", "refused", "cancelled"].includes(one.state)).length;
    line.textContent = `${ended} / ${all.length} · ${amounts.bytes(done)} / ${amounts.bytes(size)}`;
  };

  /* What is sent here needs no second line among the uploads that the server knows. */
  const hideKnown = () => {
    for (const row of document.querySelectorAll("[data-upload-code]")) {
      row.hidden = running.has(row.dataset.uploadCode);
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const input = form.matches("form[data-parts]") && form.querySelector("input[type=file]");
    if (!input?.files.length) return;
    event.preventDefault();
    event.stopPropagation(); // not sent whole as well
    begin(form, input.files);
    input.value = "";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
  document.addEventListener("htmx:afterSwap", hideKnown);
  for (const input of document.querySelectorAll("form[data-parts] input[type=file]")) input.multiple = true;
})();
