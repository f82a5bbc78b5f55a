// The tabs of one browser that show the same inbox: one of them leads, and one of them is looked at.

/**
 * Tabs with the same key hear each other. Without Web Locks each of them leads, and still one shows toasts; without
 * BroadcastChannel or a key a tab is alone.
 */
export class Tabs {
  id = Math.random().toString(36).slice(2);
  leads = false;
  /** The tab that was last looked at: it alone shows toasts. */ #front = '';
  /** @type {BroadcastChannel | null} */ #channel = null;
  #key;

  /** @param {string} key */
  constructor(key) {
    this.#key = key;
  }

  /** The tab to show toasts in. */
  get front() {
    return this.#front || this.id;
  }

  /** @param {AbortSignal} signal until when @param {(message: any) => void} onMessage @param {() => void} onLead */
  join(signal, onMessage, onLead) {
    const lead = () => {
      if (signal.aborted) return;
      this.leads = true;
      onLead();
    };
    signal.addEventListener('abort', () => {
      this.post({ left: true });
      this.leads = false;
      this.#channel?.close();
      this.#channel = null;
    });
    if (!this.#key || !globalThis.BroadcastChannel) return lead();
    this.#channel = new BroadcastChannel(this.#key);
    this.#channel.onmessage = ({ data }) => {
      if (data.looked) this.#front = data.from;
      else if (data.left && this.#front === data.from) this.#front = '';
      else onMessage(data);
    };
    this.look();
    const locks = globalThis.navigator?.locks;
    if (!locks) return lead();
    locks
      .request(this.#key, { signal }, () => {
        lead();
        return new Promise((resolve) => signal.addEventListener('abort', resolve));
      })
      .catch(lead);
  }

  /** @param {object} message */
  post(message) {
    this.#channel?.postMessage({ from: this.id, ...message });
  }

  /** This one is in front now, if it can be seen. */
  look() {
    if (globalThis.document?.hidden) return;
    this.#front = this.id;
    this.post({ looked: true });
  }
}
