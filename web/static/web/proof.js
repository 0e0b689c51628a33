/* Proves one entry of the log in the reader's browser, from the log's public files alone:
   the entry's bytes from their bundle, the receipt, the key. RFC 6962 hashes, Ed25519. */
(() => {
  const card = document.querySelector("[data-proof]");
  if (!card) return;
  const { log, left, right } = card.dataset;
  const index = Number(card.dataset.index);
  const shown = document.querySelector("[data-entry]").textContent;
  const WIDTH = 256;

  const show = (name) => { card.querySelector(`[data-${name}]`).hidden = false; };
  const step = (name, holds, ...details) => {
    const item = card.querySelector(`[data-step="${name}"]`);
    item.dataset.state = holds ? "ok" : "failed";
    for (const text of details) {
      const line = document.createElement("li");
      line.textContent = text;
      item.querySelector("[data-detail]").append(line);
    }
    return holds;
  };

  const get = async (path) => {
    const response = await fetch(log + path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const text = (bytes) => new TextDecoder().decode(bytes);
  const utf8 = (string) => new TextEncoder().encode(string);
  const fromBase64 = (string) => Uint8Array.from(atob(string), (symbol) => symbol.charCodeAt(0));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
  const same = (one, other) => hex(one) === hex(other);
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
  const leafHash = (entry) => sha256([0], entry);
  const nodeHash = (one, other) => sha256([1], one, other);

  /* The path of a bundle in C2SP tlog-tiles: 1234 is x001/234; the last one is partial. */
  const bundlePath = (number, size) => {
    const digits = String(number);
    const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
    const width = Math.min(WIDTH, size - number * WIDTH);
    const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
    return `tile/entries/${name}${width < WIDTH ? `.p/${width}` : ""}`;
  };
  const fromBundle = (bundle, place) => {
    let at = 0;
    for (let number = 0; ; number += 1) {
      if (at + 2 > bundle.length) throw new Error("the bundle is too short");
      const end = at + 2 + bundle[at] * 256 + bundle[at + 1];
      if (number === place) return bundle.slice(at + 2, end);
      at = end;
    }
  };
  const parseReceipt = (receipt) => {
    const gap = receipt.indexOf("\n\n");
    const lines = receipt.slice(0, gap).split("\n").filter((line) => !line.startsWith("extra "));
    const note = receipt.slice(gap + 2);
    const signed = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const [origin, size, root] = signed.split("\n");
    if (lines[0] !== "c2sp.org/tlog-proof@v1" || lines[1] !== `index ${index}`) throw new Error("another receipt");
    return {
      hashes: lines.slice(2).map(fromBase64),
      origin, size: Number(size), root: fromBase64(root), signed,
      signatures: note.slice(signed.length + 1).trimEnd().split("\n"),
    };
  };

  /* RFC 9162, section 2.1.3.2: combine the leaf with each neighbour on the way to the root. */
  const walk = async (leaf, hashes, size) => {
    const lines = [];
    let [hash, place, last] = [leaf, index, size - 1];
    for (const neighbour of hashes) {
      if (last === 0) return { lines, hash: null };
      if (place % 2 === 1 || place === last) {
        hash = await nodeHash(neighbour, hash);
        while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
        lines.push(`${left} ${hex(neighbour)} → ${hex(hash)}`);
      } else {
        hash = await nodeHash(hash, neighbour);
        lines.push(`${right} ${hex(neighbour)} → ${hex(hash)}`);
      }
      [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    }
    return { lines, hash: last === 0 ? hash : null };
  };

  const checkSignature = async (receipt, vkey) => {
    const [name, id, encoded] = vkey.trim().split(/\+(.*?)\+(.*)/s);
    const material = fromBase64(encoded);
    const expected = (await sha256(utf8(`${name}\n`), material)).slice(0, 4);
    const found = receipt.signatures
      .map((line) => line.split(" "))
      .filter(([, signer]) => signer === name)
      .map(([, , raw]) => fromBase64(raw))
      .find((raw) => same(raw.slice(0, 4), expected));
    if (!found || name !== receipt.origin || hex(expected) !== id || material[0] !== 1) return false;
    const key = await crypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", key, found.slice(4), utf8(receipt.signed));
  };

  const prove = async () => {
    const receipt = parseReceipt(text(await get(`proof/${index}.tlog-proof`)));
    const bundle = await get(bundlePath(Math.floor(index / WIDTH), receipt.size));
    const entry = fromBundle(bundle, index % WIDTH);
    const plain = (json) => JSON.stringify(JSON.parse(json));
    step("bytes", plain(shown) === plain(text(entry)));
    const leaf = await leafHash(entry);
    step("leaf", true, hex(leaf));
    const path = await walk(leaf, receipt.hashes, receipt.size);
    step("path", path.hash !== null, ...path.lines);
    step("root", path.hash !== null && same(path.hash, receipt.root), hex(receipt.root));
    const vkey = text(await get("log.vkey"));
    try {
      step("signature", await checkSignature(receipt, vkey), vkey.trim());
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      show("unsupported");
    }
  };

  if (!window.isSecureContext || !crypto.subtle) { show("insecure"); return; }
  prove().catch(() => show("trouble"));
})();
