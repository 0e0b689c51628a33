/* The formats of a transparency log, for pages that check one by themselves: RFC 6962 hashes,
   C2SP tiles, signed notes, cosignatures, receipts. Bytes in, answers out; nothing is fetched. */
window.tlog = (() => {
  const WIDTH = 256;
  const ED25519 = 1;
  const COSIGNATURE = 4;

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
      if (end > bundle.length) throw new Error("the bundle is too short");
      if (number === place) return bundle.slice(at + 2, end);
      at = end;
    }
  };

  /* A checkpoint: what is signed, its three lines, and the signature lines by name and key id. */
  const parseNote = (note) => {
    const signed = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const [origin, size, root] = signed.split("\n");
    const signatures = note.slice(signed.length + 1).trimEnd().split("\n").map((line) => {
      const [, name, encoded] = line.split(" ");
      const raw = fromBase64(encoded);
      return { name, id: hex(raw.slice(0, 4)), raw: raw.slice(4) };
    });
    return { origin, size: Number(size), root: fromBase64(root), signed, signatures };
  };
  const parseReceipt = (receipt, index) => {
    const gap = receipt.indexOf("\n\n");
    const lines = receipt.slice(0, gap).split("\n").filter((line) => !line.startsWith("extra "));
    if (lines[0] !== "c2sp.org/tlog-proof@v1" || lines[1] !== `index ${index}`) throw new Error("another receipt");
    return { hashes: lines.slice(2).map(fromBase64), note: parseNote(receipt.slice(gap + 2)) };
  };
  /* A vkey is name+hex+base64; base64 may hold a plus sign, a name may not. */
  const parseKey = async (vkey) => {
    const [name, id, ...rest] = vkey.trim().split("+");
    const material = fromBase64(rest.join("+"));
    const expected = hex((await sha256(utf8(`${name}\n`), material)).slice(0, 4));
    if (id !== expected) throw new Error("the key does not have its number");
    return { vkey: vkey.trim(), name, id, type: material[0], raw: material.slice(1) };
  };
  /* The witnesses of a tlog-policy file. */
  const parseWitnesses = (policy) => Promise.all(
    policy.split("\n").map((line) => line.trim().split(/[ \t]+/))
      .filter((words) => words[0] === "witness").map((words) => parseKey(words[2])),
  );

  /* RFC 9162, section 2.1.3.2: combine the leaf with each neighbour on the way to the root. */
  const walk = async (leaf, index, size, hashes, tell) => {
    let [hash, place, last] = [leaf, index, size - 1];
    if (place > last) return null;
    for (const neighbour of hashes) {
      if (last === 0) return null;
      const isRight = place % 2 === 1 || place === last;
      hash = await (isRight ? nodeHash(neighbour, hash) : nodeHash(hash, neighbour));
      tell(isRight, neighbour, hash);
      if (isRight) while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
      [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    }
    return last === 0 ? hash : null;
  };

  /* RFC 9162, section 2.1.4.2: whether the tree of the newer note begins with that of the older. */
  const beginsWith = async (newer, older, hashes) => {
    if (older.size > newer.size || older.size < 1) return false;
    if (older.size === newer.size) return same(older.root, newer.root) && hashes.length === 0;
    const isPower = Number.isInteger(Math.log2(older.size));
    const [first, ...rest] = isPower ? [older.root, ...hashes] : hashes;
    if (!first) return false;
    let [place, last] = [older.size - 1, newer.size - 1];
    while (place % 2 === 1) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    let [one, two] = [first, first];
    for (const neighbour of rest) {
      if (last === 0) return false;
      if (place % 2 === 1 || place === last) {
        [one, two] = [await nodeHash(neighbour, one), await nodeHash(neighbour, two)];
        while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
      } else {
        two = await nodeHash(two, neighbour);
      }
      [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    }
    return last === 0 && same(one, older.root) && same(two, newer.root);
  };

  const verify = async (key, signature, message) => {
    const imported = await crypto.subtle.importKey("raw", key.raw, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  };
  const linesOf = (note, key) => note.signatures.filter((line) => line.name === key.name && line.id === key.id);

  /* Which of the log's keys signed the note, or null: every line that claims to be of one has to
     fit. */
  const signerOf = async (note, keys) => {
    let signer = null;
    for (const key of keys) {
      if (key.name !== note.origin || key.type !== ED25519) continue;
      for (const line of linesOf(note, key)) {
        if (!await verify(key, line.raw, utf8(note.signed))) return null;
        signer ??= key;
      }
    }
    return signer;
  };
  const moment = (second) => {
    const date = new Date(Number(second) * 1000);
    return Number.isNaN(date.valueOf()) ? String(second) : date.toISOString();
  };
  /* What a witness's line in the note is worth: null when there is none, else {holds, at} (the
     moment it names, as text), or {unknown} for a kind of key that is not Ed25519. */
  const cosignature = async (note, key) => {
    const [line] = linesOf(note, key);
    if (!line) return null;
    if (key.type !== COSIGNATURE) return { unknown: true };
    const second = new DataView(line.raw.buffer, line.raw.byteOffset).getBigUint64(0);
    const message = utf8(`cosignature/v1\ntime ${second}\n${note.signed}`);
    return { holds: await verify(key, line.raw.slice(8), message), at: moment(second) };
  };

  return {
    WIDTH, text, fromBase64, hex, same, leafHash, bundlePath, fromBundle, parseNote, parseReceipt,
    parseKey, parseWitnesses, walk, beginsWith, signerOf, cosignature,
  };
})();
