// Saves two seconds after the last key, at most every ten while typing, one request at a time, until it is confirmed.

const AFTER_LAST_KEY = 2000;
const WHILE_TYPING = 10000;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 30000;
const ANSWER_WITHIN = 15000;
// A request that may outlive its page carries at most 64 kB.
const KEEPALIVE_BYTES = 60000;

// `read()` gives all that the form holds as one text, `savedText` is the same of what the server sent;
// `tell(state, answer)` hears: saving, saved, unsaved, conflict, ended, refused, too-large.
export class Autosave {
  constructor({ form, read, savedText, tell }) {
    this.form = form;
    this.read = read;
    this.tell = tell;
    this.savedText = savedText;
    this.tooLarge = null;
    this.isSaving = false;
    this.isPaused = false;
    this.retryAfter = FIRST_RETRY;
    this.timer = null;
    this.oldestUnsaved = null;
  }

  // What the server has, as far as this page knows.
  saved() {
    return { text: this.savedText, version: this.form.elements.based_on.value };
  }

  changed() {
    if (this.isPaused) return;
    this.oldestUnsaved ??= Date.now();
    const left = this.oldestUnsaved + WHILE_TYPING - Date.now();
    this.#schedule(Math.max(0, Math.min(AFTER_LAST_KEY, left)));
  }

  now() {
    if (this.isPaused || this.read() === this.savedText) return;
    this.#schedule(0);
  }

  pause() {
    this.isPaused = true;
    clearTimeout(this.timer);
  }

  // Goes on from the version that the server has; what it holds by then counts as unsaved.
  resume({ version, savedText }) {
    this.form.elements.based_on.value = version;
    this.savedText = savedText;
    this.isPaused = false;
    this.now();
  }

  // The page is going away: a last try that outlives it. The browser's copy is there in any case.
  last() {
    const text = this.read();
    if (this.isPaused || text === this.savedText) return;
    if (new Blob([text]).size < KEEPALIVE_BYTES) this.#send({ keepalive: true }).catch(() => {});
  }

  #schedule(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#save();
    }, milliseconds);
  }

  async #save() {
    const text = this.read();
    if (this.isSaving || this.isPaused || text === this.savedText || text === this.tooLarge) return;
    this.isSaving = true;
    this.oldestUnsaved = null;
    this.tell("saving");
    try {
      const response = await this.#send({ signal: AbortSignal.timeout(ANSWER_WITHIN) });
      // A proxy's own refusal is a page, not JSON: its status says enough.
      this.#hear(response.status, await response.json().catch(() => ({})), text);
    } catch {
      this.#failed();
    } finally {
      this.isSaving = false;
    }
    const isDone = [this.savedText, this.tooLarge].includes(this.read());
    if (!this.isPaused && this.timer === null && !isDone) this.changed();
  }

  #send(options) {
    const fields = this.form.elements;
    fields.sequence.value = Number(fields.sequence.value) + 1;
    // In the same turn as read(): the form holds what `text` says.
    const body = new FormData(this.form);
    return fetch(this.form.dataset.saveUrl, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      ...options,
    });
  }

  #hear(status, answer, text) {
    if (status === 200 && answer.state === "saved") {
      this.savedText = text;
      this.retryAfter = FIRST_RETRY;
      this.form.elements.based_on.value = answer.version;
      this.tell("saved", answer);
    } else if (status === 409) {
      this.pause();
      this.tell("conflict", answer);
    } else if (status === 401) {
      this.pause();
      this.tell("ended", answer);
    } else if (status === 413) {
      this.tooLarge = text;
      this.tell("too-large", answer);
    } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      this.pause();
      this.tell("refused", answer);
    } else {
      this.#failed();
    }
  }

  #failed() {
    this.tell("unsaved");
    this.#schedule(this.retryAfter);
    this.retryAfter = Math.min(this.retryAfter * 2, LONGEST_RETRY);
  }
}
