/* Proves one entry of the log in the reader's browser, from the log's public files alone: the
   entry's bytes from their bundle, the receipt, the key, and what witnesses cosigned. */
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
    const response = await fetch(words.log + path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const getText = async (path) => tlog.text(await get(path));

  /* The note over this entry that witnesses cosigned: the receipt's own, or else the newest
     cosigned one, if the receipt's tree begins with it. The pages name it only where it exists. */
  const cosigned = async (note, keys) => {
    if (keys.some((key) => note.signatures.some((line) => line.id === key.id)) || !("witnessed" in words)) return note;
    const older = tlog.parseNote(await getText("checkpoint.witnessed"));
    if (older.origin !== note.origin || index >= older.size) return note;
    if (older.size > note.size) return note;
    const lines = (await getText(`consistency/${older.size}/${note.size}`)).split("\n").filter(Boolean);
    if (!await tlog.beginsWith(note, older, lines.map(tlog.fromBase64))) throw new Error("two histories");
    say("cosignatures", `${words.contains} ${older.size}`);
    return older;
  };
  const checkWitnesses = async (note) => {
    const keys = "policy" in words ? await tlog.parseWitnesses(await getText("policy")) : [];
    const over = await cosigned(note, keys);
    const found = [];
    for (const key of keys) {
      const one = await tlog.cosignature(over, key);
      if (one?.unknown) say("cosignatures", `${words.other} ${key.name}`);
      else if (one) found.push(one.holds);
      if (one && !one.unknown) say("cosignatures", `${one.holds ? words.cosigned : words.forged} ${key.name}, ${one.at.toISOString()}`);
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
    const vkey = await getText("log.vkey");
    try {
      step("signature", await tlog.isSigned(note, await tlog.parseKey(vkey)), vkey.trim());
      await checkWitnesses(note);
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      show("unsupported");
    }
  };

  if (!window.isSecureContext || !crypto.subtle) { show("insecure"); return; }
  prove().catch(() => show("trouble"));
})();
