// The browser's own copy of an entry: kept from the first key until the server has confirmed the same text.
//
// In an LMS's frame a browser that blocks third-party cookies refuses every storage that scripts have (Chromium
// 156, tried: localStorage, IndexedDB, caches, file system); a partitioned cookie is all that it keeps. So where
// localStorage is refused, a cookie for this entry's pages alone carries what the server does not have yet.
//
// Each open editor keeps a copy under its own name, so that two windows do not overwrite or drop each other's.

const DAYS_30 = 30 * 24 * 3600;
// Browsers take 4096 bytes with name and attributes; servers commonly take header lines of 8 kB.
const MOST_IN_COOKIE = 3800;
const COOKIE = "__Secure-staffroom-copy-";

export class KeptCopy {
  constructor({ entryId, path, editorId = "" }) {
    this.prefix = `staffroom.entry.${entryId}.`;
    this.editorId = editorId;
    this.cookieEnd = `; Path=${path}; Secure; SameSite=None; Partitioned`;
    this.newest = 0;
    this.kept = 0;
  }

  // Returns whether the browser kept it. `content` is a record of texts by the fields' names; `saved` is what the
  // server has, as {content, version}.
  async keep(content, { saved, isFinishing = false }) {
    const turn = ++this.newest;
    const at = Date.now();
    try {
      localStorage.setItem(this.prefix + this.editorId, JSON.stringify({ content, at, isFinishing }));
      return true;
    } catch {
      // Refused or full: then the cookie.
    }
    try {
      const packed = await pack(JSON.stringify(difference(content, { saved, at })));
      if (packed.length > MOST_IN_COOKIE) return false;
      // Packing takes a moment and keys come faster: each is kept unless a later one, or none at all, stands there.
      if (turn < this.kept) return true;
      this.kept = turn;
      this.#setCookie(this.editorId, packed, DAYS_30);
      return cookies().get(this.editorId) === packed;
    } catch {
      return false;
    }
  }

  // Returns the newest copy that the server does not have, as {content, at, isFragment, editorId}, or null; drops the
  // others. A cookie that was written on another version of the entry gives what was new, as a fragment.
  async read({ saved }) {
    const unsaved = [];
    for (const copy of [...this.#stored(), ...(await this.#packed(saved))]) {
      if (copy.isSaved || isSame(copy.content, saved.content) || isBlank(copy.content)) this.forget(copy.editorId);
      else unsaved.push(copy);
    }
    return unsaved.sort((one, other) => other.at - one.at)[0] ?? null;
  }

  forget(editorId = this.editorId) {
    if (editorId === this.editorId) this.kept = ++this.newest;
    try {
      localStorage.removeItem(this.prefix + editorId);
    } catch {
      // Nothing is kept where nothing may be kept.
    }
    this.#setCookie(editorId, "", 0);
  }

  // A copy that was not being finished holds something else; it stays until somebody decides. A cookie is removed
  // by the server's answer to Finish, since only the entry's own pages see it.
  forgetFinished() {
    for (const copy of this.#stored()) {
      if (copy.isFinishing) localStorage.removeItem(this.prefix + copy.editorId);
    }
  }

  #stored() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
      const copies = keys.map((key) => ({ ...JSON.parse(localStorage.getItem(key)), editorId: key.slice(this.prefix.length) }));
      return copies.filter((copy) => copy.content && typeof copy.content === "object");
    } catch {
      return [];
    }
  }

  async #packed(saved) {
    const copies = [];
    for (const [editorId, packed] of cookies()) {
      try {
        copies.push({ ...whole(JSON.parse(await unpack(packed)), saved), editorId });
      } catch {
        this.forget(editorId);
      }
    }
    return copies;
  }

  #setCookie(editorId, value, seconds) {
    document.cookie = `${COOKIE}${editorId}=${value}; Max-Age=${seconds}${this.cookieEnd}`;
  }
}

function cookies() {
  const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
  const ours = pairs.filter(([name, value]) => name.startsWith(COOKIE) && value);
  return new Map(ours.map(([name, value]) => [name.slice(COOKIE.length), value]));
}

// What the server lacks, field by field: the middle between the longest beginning and end that both texts share.
function difference(content, { saved, at }) {
  const parts = {};
  for (const [name, text] of Object.entries(content)) {
    const before = saved.content[name] ?? "";
    if (text !== before) parts[name] = middleOf(text, before);
  }
  return { version: saved.version, parts, at, sum: checksum(JSON.stringify(content)) };
}

function middleOf(text, before) {
  const most = Math.min(text.length, before.length);
  let start = 0;
  while (start < most && text[start] === before[start]) start++;
  let end = 0;
  while (end < most - start && text.at(-1 - end) === before.at(-1 - end)) end++;
  return [start, end, text.slice(start, text.length - end)];
}

function whole({ version, parts, at, sum }, saved) {
  if (sum === checksum(JSON.stringify(saved.content))) return { content: saved.content, at, isSaved: true };
  const isFragment = Number(version) !== Number(saved.version);
  const texts = Object.entries(parts).map(([name, [start, end, middle]]) => {
    const before = saved.content[name] ?? "";
    return [name, isFragment ? middle : before.slice(0, start) + middle + before.slice(before.length - end)];
  });
  if (isFragment) return { content: Object.fromEntries(texts), at, isFragment };
  return { content: { ...saved.content, ...Object.fromEntries(texts) }, at };
}

function isSame(content, other) {
  const names = new Set([...Object.keys(content), ...Object.keys(other)]);
  return [...names].every((name) => (content[name] ?? "") === (other[name] ?? ""));
}

function isBlank(content) {
  return Object.values(content).every((text) => !text.trim());
}

// FNV-1a over the text's code units, and its length: tells whether two texts are the same, no more.
function checksum(text) {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return `${text.length}.${(hash >>> 0).toString(36)}`;
}

async function pack(text) {
  const bytes = await through(new Blob([text]).stream(), new CompressionStream("deflate-raw"));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed) {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await through(new Blob([bytes]).stream(), new DecompressionStream("deflate-raw")));
}

async function through(stream, transform) {
  return new Uint8Array(await new Response(stream.pipeThrough(transform)).arrayBuffer());
}
