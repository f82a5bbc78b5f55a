// The queue: what the user wants changed, until the server has said that it is.

/** @import * as T from '../static/notifications/notification-inbox.js' */

const BURST = 30;
const PER_SECOND = 2; // below the server's limit, which closes the socket
const AGAIN_MS = 3000;
const IDS_MAX = 500; // of one command

/** What goes into one command each. @param {T.Which} which @returns {T.Which[]} */
export function chunksOf({ ids, up_to, identifier }) {
  if (!ids) return [identifier ? { up_to, identifier } : { up_to }];
  const chunks = [];
  for (let start = 0; start < ids.length; start += IDS_MAX) chunks.push({ ids: ids.slice(start, start + IDS_MAX) });
  return chunks;
}

/**
 * The operations themselves are the store's `ops`, because they are seen at once. Each says what shall be, so it may
 * be sent twice.
 */
export class Queue {
  /** Those on their way on this connection. @type {Set<string>} */ #sent = new Set();
  /** @type {Map<string, {resolve: (changed: number) => void, reject: (error: Error) => void}>} */ #waiting = new Map();
  /** @type {any} */ #timer;
  #spent = 0;
  #spentAt = 0;
  #store;
  #options;

  /**
   * `deliver` sends one if it can; `onRefused` hears of what the server will not do.
   * @param {import('./store.js').InboxStore} store
   * @param {T.QueueOptions} options
   */
  constructor(store, options) {
    this.#store = store;
    this.#options = options;
  }

  /** The number that changed. @param {T.Operation} op @returns {Promise<number>} */
  promise(op) {
    return new Promise((resolve, reject) => this.#waiting.set(op.id, { resolve, reject }));
  }

  /** Somebody of this page waits for them, so they are not forgotten by mistake. */
  get waited() {
    return this.#store.ops.filter(({ id }) => this.#waiting.has(id));
  }

  /** Cancel or release what is held; false when it is on its way. @param {T.Edit} edit */
  edit({ cancel, release }) {
    const op = this.#store.ops.find(({ id }) => id === (cancel ?? release));
    if (!op || this.#sent.has(op.id) || op.seq !== undefined) return false;
    if (cancel) this.end({ type: 'ok', id: cancel, seq: 0, changed: 0 });
    else op.at = 0;
    return true;
  }

  /** A new connection: what the last one did not confirm is sent again. */
  reset() {
    this.#sent.clear();
  }

  /** Send what waits, as fast as the server takes it. */
  flush() {
    this.rest();
    let wait = Infinity;
    for (const op of this.#store.ops) {
      if (op.seq !== undefined || this.#sent.has(op.id)) continue;
      const due = Math.max(op.at - Date.now(), this.#pace());
      if (due > 0) wait = Math.min(wait, due);
      else if (this.#options.deliver(op)) {
        this.#sent.add(op.id);
        this.#spent++;
      }
    }
    if (wait < Infinity) this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Send nothing for now. */
  rest() {
    clearTimeout(this.#timer);
  }

  /** False when it is to be tried again. @param {T.Answer} answer */
  end(answer) {
    const id = /** @type {string} */ (answer.id);
    if (answer.type === 'error' && answer.code === 'unavailable') {
      this.#sent.delete(id);
      this.rest();
      this.#timer = setTimeout(() => this.flush(), AGAIN_MS);
      return false;
    }
    const op = this.#store.ops.find((one) => one.id === id);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#store.settle(id, answer.type === 'ok' ? answer.seq : 0);
    if (answer.type === 'ok') waiting?.resolve(answer.changed);
    else {
      waiting?.reject(Object.assign(new Error(answer.detail), { code: answer.code }));
      if (op) this.#options.onRefused(op, answer);
    }
    return true;
  }

  #pace() {
    const now = performance.now(); // no clock that may be set back
    this.#spent = Math.max(0, this.#spent - ((now - this.#spentAt) / 1000) * PER_SECOND);
    this.#spentAt = now;
    return this.#spent < BURST ? 0 : 1000 / PER_SECOND;
  }
}
