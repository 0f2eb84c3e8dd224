// The browser's own copy of an entry: kept from the first key until the server has confirmed the same text.

export class KeptCopy {
  constructor(entryId) {
    this.key = `staffroom.entry.${entryId}`;
  }

  // Returns whether the browser kept it; a full or forbidden storage does not stop the writing.
  keep(text, { isFinishing = false } = {}) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, at: Date.now(), isFinishing }));
      return true;
    } catch {
      return false;
    }
  }

  read() {
    try {
      const copy = JSON.parse(localStorage.getItem(this.key));
      return typeof copy?.text === "string" ? copy : null;
    } catch {
      return null;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing is kept where nothing may be kept.
    }
  }
}
