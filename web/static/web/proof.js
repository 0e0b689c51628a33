/* Proves one entry of the log in the reader's browser, from the log's public files alone: the
   entry's bytes from their bundle, the receipt, the keys, the newest checkpoint, and what
   witnesses cosigned. */
(() => {
  const card = document.querySelector("[data-proof]");
  if (!card) return;
  const words = card.dataset;
  const index = Number(words.index);
  const shown = document.querySelector("[data-entry]").textContent;

  const show = (name) => { card.querySelector(`[data-${name}]`).hidden = false; };
  const say = (name, ...details) => {
    for (const text of details) {
      const line = document.createElement("li");
      line.textContent = text;
      card.querySelector(`[data-step="${name}"] [data-detail]`).append(line);
    }
  };
  const step = (name, holds, ...details) => {
    card.querySelector(`[data-step="${name}"]`).dataset.state = holds ? "ok" : "failed";
    say(name, ...details);
  };

  const get = async (path) => {
    const response = await fetch(words.log + path, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const getText = async (path) => tlog.text(await get(path));

  /* Whether the log as it is now begins with the tree of the receipt, or the other way round where
     something on the way kept an older checkpoint for a second. */
  const checkNewest = async (note, keys) => {
    const now = tlog.parseNote(await getText("checkpoint"));
    const [older, newer] = note.size <= now.size ? [note, now] : [now, note];
    const path = `consistency/${older.size}/${newer.size}`;
    const lines = older.size < newer.size ? (await getText(path)).split("\n").filter(Boolean) : [];
    const begins = await tlog.beginsWith(newer, older, lines.map(tlog.fromBase64));
    step("newest", begins && await tlog.signerOf(now, keys), `${note.size} → ${now.size}`, tlog.hex(now.root));
  };
  const checkWitnesses = async (note) => {
    const keys = "policy" in words ? await tlog.parseWitnesses(await getText("policy")) : [];
    const found = [];
    for (const key of keys) {
      const one = await tlog.cosignature(note, key);
      if (!one) continue;
      if (one.unknown) { say("cosignatures", `${words.other} ${key.name}`); continue; }
      found.push(one.holds);
      say("cosignatures", `${one.holds ? words.cosigned : words.forged} ${key.name}, ${one.at}`);
    }
    if (found.length) step("cosignatures", found.every(Boolean));
    else say("cosignatures", words.nobody);
  };

  const prove = async () => {
    const receipt = tlog.parseReceipt(await getText(`proof/${index}.tlog-proof`), index);
    const { note } = receipt;
    const bundle = await get(tlog.bundlePath(Math.floor(index / tlog.WIDTH), note.size));
    const entry = tlog.fromBundle(bundle, index % tlog.WIDTH);
    const plain = (json) => JSON.stringify(JSON.parse(json));
    step("bytes", plain(shown) === plain(tlog.text(entry)));
    const leaf = await tlog.leafHash(entry);
    step("leaf", true, tlog.hex(leaf));
    const path = [];
    const root = await tlog.walk(leaf, index, note.size, receipt.hashes, (isRight, neighbour, hash) => {
      path.push(`${isRight ? words.left : words.right} ${tlog.hex(neighbour)} → ${tlog.hex(hash)}`);
    });
    step("path", root !== null, ...path);
    step("root", root !== null && tlog.same(root, note.root), tlog.hex(note.root));
    const vkeys = await getText("log.vkey") + ("earlier" in words ? await getText("earlier.vkeys") : "");
    const keys = await Promise.all(vkeys.split("\n").filter(Boolean).map(tlog.parseKey));
    try {
      const signer = await tlog.signerOf(note, keys);
      step("signature", signer, signer ? signer.vkey : keys[0].vkey);
      await checkNewest(note, keys);
      await checkWitnesses(note);
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      show("unsupported");
    }
  };

  if (!window.isSecureContext || !crypto.subtle) { show("insecure"); return; }
  prove().catch(() => show("trouble"));
})();
