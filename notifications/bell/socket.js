// The socket: one connection after another to one inbox.

/** @import * as T from '../static/notifications/notification-inbox.js' */

const PROTOCOL = 'notifications.v1';
const OPENING_SECONDS = 15;
const PROBE_SECONDS = 5;
const STABLE_MS = 10_000;

/** Keeps a connection to the address it is told; the rules of docs/protocol.md for silence, endings and coming back. */
export class InboxSocket {
  live = false;
  /** Connections that failed in a row. */
  failures = 0;
  /** @type {any} */ #socket = null;
  /** @type {any} */ #timer;
  #wanted = false;
  #attempt = 0;
  #renewed = false;
  #beat = 25;
  #since = 0;
  /** @type {{code: number, reason: string, retry_after?: [number, number]} | null} */ #bye = null;
  #options;

  /** @param {T.SocketOptions} options */
  constructor(options) {
    this.#options = options;
  }

  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  close() {
    this.#wanted = false;
    this.#attempt++;
    this.#drop();
  }

  /** @param {object} frame */
  send(frame) {
    if (this.live) this.#socket.send(JSON.stringify(frame));
    return this.live;
  }

  /** Something happened to the link or the page: wait no longer, and do not trust silence. */
  hurry() {
    if (this.send({ type: 'ping' })) this.#watch(PROBE_SECONDS);
    else if (this.#wanted && !this.#socket) this.#connect();
  }

  /** This connection is of no use; come back with another. */
  fail() {
    this.#end(0);
  }

  async #connect() {
    const attempt = ++this.#attempt; // an older one that gets its token late is nobody's
    clearTimeout(this.#timer);
    this.#bye = null;
    this.#since = Date.now();
    try {
      const token = await this.#options.token();
      if (attempt !== this.#attempt) return;
      const socket = (this.#socket = new this.#options.WebSocket(
        this.#options.address(),
        token ? [PROTOCOL, `bearer.${token}`] : [PROTOCOL],
      ));
      /** @param {string} type @param {(event: any) => void} hear */
      const on = (type, hear) => socket.addEventListener(type, (event) => socket === this.#socket && hear(event));
      on('message', ({ data }) => this.#hear(data));
      on('close', ({ code }) => this.#end(code));
      on('error', () => this.#end(0)); // no close follows what a policy forbids
      this.#watch(OPENING_SECONDS);
    } catch {
      if (attempt === this.#attempt) this.#retry();
    }
  }

  /** @param {string} text */
  #hear(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return this.fail();
    }
    if (frame.type === 'welcome') {
      this.live = true;
      this.#renewed = false;
      this.#beat = frame.heartbeat_seconds;
    }
    if (frame.type === 'bye') this.#bye = frame;
    this.#watch(2.5 * this.#beat);
    this.#options.onFrame(frame);
  }

  /** @param {number} seconds */
  #watch(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(0), seconds * 1000);
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.live = false;
    socket?.close();
  }

  /**
   * What the server said is believed before the close code, which not every server and proxy passes on.
   * @param {number} closed
   */
  async #end(closed) {
    if (this.live && Date.now() - this.#since >= STABLE_MS) this.failures = 0;
    this.#drop();
    if (!this.#wanted) return;
    const code = this.#bye?.code ?? closed;
    const attempt = this.#attempt;
    if (code === 4401 && !this.#renewed) {
      this.#renewed = true;
      const token = await this.#options.renew().catch(() => undefined);
      if (attempt !== this.#attempt) return;
      if (token) return this.#connect();
      if (token === undefined) return this.#retry(); // the provider failed, which may pass
    }
    if (![4400, 4401, 4403].includes(code)) return this.#retry();
    this.#wanted = false;
    this.#options.onEnd(code, this.#bye?.reason ?? '');
  }

  #retry() {
    const [low, high] = this.#bye?.retry_after ?? [0, Math.min(30, 0.5 * 2 ** this.failures)];
    this.failures++;
    this.#options.onWait();
    this.#timer = setTimeout(() => this.#connect(), 1000 * (low + Math.random() * (high - low)));
  }
}
