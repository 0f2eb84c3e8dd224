// The browser's own copy of an entry: kept from the first key until the server has confirmed the same text.
//
// In an LMS's frame a browser that blocks third-party cookies refuses every storage that scripts have (Chromium
// 156, tried: localStorage, IndexedDB, caches, file system); a partitioned cookie is all that it keeps. So where
// localStorage is refused, a cookie for this entry's pages alone carries what the server does not have yet.

const DAYS_30 = 30 * 24 * 3600;
// Browsers take 4096 bytes with name and attributes; servers commonly take header lines of 8 kB.
const MOST_IN_COOKIE = 3800;
const COOKIE = "__Secure-staffroom-copy";

export class KeptCopy {
  constructor({ entryId, path }) {
    this.key = `staffroom.entry.${entryId}`;
    this.cookieEnd = `; Path=${path}; Secure; SameSite=None; Partitioned`;
    this.newest = 0;
    this.kept = 0;
  }

  // Returns whether the browser kept it. `saved` is what the server has, as {text, version}.
  async keep(text, { saved, isFinishing = false }) {
    const turn = ++this.newest;
    const copy = { text, at: Date.now(), isFinishing };
    try {
      localStorage.setItem(this.key, JSON.stringify(copy));
      return true;
    } catch {
      // Refused or full: then the cookie.
    }
    try {
      const packed = await pack(JSON.stringify(difference(copy, saved)));
      if (packed.length > MOST_IN_COOKIE) return false;
      // Packing takes a moment and keys come faster: each is kept unless a later one, or none at all, stands there.
      if (turn < this.kept) return true;
      this.kept = turn;
      this.#setCookie(packed, DAYS_30);
      return this.#cookie() === packed;
    } catch {
      return false;
    }
  }

  // Returns {text, at, isFinishing}, or null. A cookie written on another version of the entry gives what was new.
  async read({ saved }) {
    try {
      const copy = JSON.parse(localStorage.getItem(this.key));
      if (typeof copy?.text === "string") return copy;
    } catch {
      // Refused, or not ours.
    }
    try {
      const packed = this.#cookie();
      return packed ? whole(JSON.parse(await unpack(packed)), saved) : null;
    } catch {
      return null;
    }
  }

  // A copy that was not being finished holds something else; it stays until somebody decides. A cookie is removed
  // by the server's answer to Finish, since only the entry's own pages see it.
  forgetFinished() {
    try {
      if (JSON.parse(localStorage.getItem(this.key))?.isFinishing) localStorage.removeItem(this.key);
    } catch {
      // Refused, or not ours.
    }
  }

  forget() {
    this.kept = ++this.newest;
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing is kept where nothing may be kept.
    }
    this.#setCookie("", 0);
  }

  #setCookie(value, seconds) {
    document.cookie = `${COOKIE}=${value}; Max-Age=${seconds}${this.cookieEnd}`;
  }

  #cookie() {
    const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
    return pairs.find(([name]) => name === COOKIE)?.[1] ?? "";
  }
}

// What the server lacks: the middle between the longest beginning and end that both texts share.
function difference({ text, at, isFinishing }, saved) {
  const most = Math.min(text.length, saved.text.length);
  let start = 0;
  while (start < most && text[start] === saved.text[start]) start++;
  let end = 0;
  while (end < most - start && text.at(-1 - end) === saved.text.at(-1 - end)) end++;
  return { version: saved.version, start, end, middle: text.slice(start, text.length - end), at, isFinishing };
}

function whole({ version, start, end, middle, at, isFinishing }, saved) {
  const isSameVersion = Number(version) === Number(saved.version);
  const after = saved.text.slice(saved.text.length - end);
  return { text: isSameVersion ? saved.text.slice(0, start) + middle + after : middle, at, isFinishing };
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
