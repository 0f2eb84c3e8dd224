// Keeps data with the platform where a frame keeps no cookies (1EdTech LTI client-side postMessages 0.1).

const WAIT = 1000;

export class PlatformStorage {
  // `target` is the login's lti_storage_target, `origin` that of the platform's login page: nobody else is heard.
  constructor({ target, origin }) {
    this.origin = origin;
    this.frame = target === "_parent" ? window.parent : window.parent.frames[target];
  }

  put(key, value) {
    return this.ask({ subject: "lti.put_data", key, value });
  }

  async get(key) {
    const answer = await this.ask({ subject: "lti.get_data", key });
    return typeof answer.value === "string" ? answer.value : "";
  }

  // Resolves with the answer; rejects on an error, and when none comes within a second (Canvas's apps never answer).
  ask(message) {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      const listen = ({ data, origin, source }) => {
        const isAnswer = origin === this.origin && source === this.frame && data && data.message_id === id;
        if (!isAnswer || data.subject !== `${message.subject}.response`) return;
        finish(data.error ? () => reject(new Error(data.error.code)) : () => resolve(data));
      };
      const timer = setTimeout(() => finish(() => reject(new Error("no answer"))), WAIT);
      const finish = (settle) => {
        clearTimeout(timer);
        window.removeEventListener("message", listen);
        settle();
      };
      window.addEventListener("message", listen);
      this.frame.postMessage({ ...message, message_id: id }, this.origin);
    });
  }
}
