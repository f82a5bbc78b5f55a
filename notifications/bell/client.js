// The client: a store kept equal to the server's, over one socket for all tabs, or REST where sockets are blocked.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { Queue } from './queue.js';
import { Rest, claimsOf, isFinal } from './rest.js';
import { InboxSocket } from './socket.js';
import { indexed } from './storage.js';
import { InboxStore } from './store.js';
import { Tabs } from './tabs.js';

const IDS_MAX = 500; // of one command
const MISSED_MAX = 10_000; // of what a snapshot leaves out, so many are asked for
const STORED_ROWS = 200;
const SAVE_MS = 100;
const AWAY_MS = 60_000; // after this long what arrived meanwhile is history, not news

/**
 * One device. Tells `change`, `notification`, `counts`, `connection` and `refused` as events with a `detail`.
 * Among tabs, the one that leads has the socket, the queue and what is stored, and passes frames on to the others.
 */
export class InboxClient extends EventTarget {
  store;
  /** @type {T.ConnectionState} */ state = 'connecting';
  /** Close code or HTTP status of a final refusal. */ code = 0;
  isPaused = false;
  #options;
  #key;
  #rest;
  #tabs;
  #socket;
  #queue;
  /** @type {AbortController | null} */ #running = null;
  /** False while what was missed is history. */ #isFresh = true;
  #turn = Promise.resolve();
  #number = 0;
  #told = '';
  #etag = '';
  /** @type {any} */ #saving;
  /** @type {any} */ #polling;

  /** @param {T.ClientOptions} options */
  constructor(options) {
    super();
    const page = globalThis.document;
    const given = {
      pageSize: 50,
      pollSeconds: 10,
      userId: 'me',
      share: !!page,
      storage: page && indexed,
      WebSocket: globalThis.WebSocket,
      ...options,
    };
    this.#options = given;
    this.store = new InboxStore(options);
    const user = encodeURIComponent(String(given.userId));
    const base = (/** @type {string | undefined} */ address) =>
      new URL(address || '/', page?.baseURI).href.replace(/^ws/, 'http').replace(/\/+$/, '');
    const socketBase = base(given.socketEndpoint ?? given.endpoint).replace(/^http/, 'ws');
    // `me` by a cookie may be somebody else tomorrow: nothing of it is stored or shared.
    const owner = given.userId === 'me' ? claimsOf(given.token).sub : given.userId;
    this.#key = owner === undefined ? '' : JSON.stringify([base(given.endpoint), String(owner), given.device ?? '']);
    this.#tabs = new Tabs(given.share ? this.#key : '');
    this.#rest = new Rest(given, `${base(given.endpoint)}/notifications/${user}`, (token) =>
      this.#socket.send({ type: 'auth', token }),
    );
    this.#queue = new Queue(this.store, {
      deliver: (op) => this.#deliver(op),
      onRefused: (operation, { code, detail }) => this.#tell('refused', { operation, code, detail }),
    });
    this.#socket = new InboxSocket({
      WebSocket: given.WebSocket,
      token: () => this.#rest.usable(),
      renew: () => this.#rest.renew(),
      address: () => {
        const { epoch, seq } = this.store;
        const cursor = epoch === null ? '' : `&since=${seq}&epoch=${encodeURIComponent(epoch)}`;
        return `${socketBase}/notifications/ws/${user}?limit=${given.pageSize}${cursor}`;
      },
      // One after the other: a snapshot may have to wait for REST.
      onFrame: (frame) => (this.#turn = this.#turn.then(() => this.#follow(frame)).catch(() => this.#socket.fail())),
      onWait: () => this.#isAway(),
      onEnd: (code) => this.#refuse(code),
    });
  }

  /** Show what was stored, then follow the server. */
  async start() {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    this.#setState('connecting');
    await this.#restore();
    if (signal.aborted) return;
    this.#listen(signal);
    this.#tabs.join(
      signal,
      (message) => this.#overhear(message),
      () => this.#lead(signal),
    );
    if (!this.#tabs.leads) this.#tabs.post({ hello: true });
  }

  /** Let go of the socket, the lock and the timers. What is not sent yet stays stored. */
  stop() {
    if (this.#saving) this.#save(0);
    this.#running?.abort();
    this.#running = null;
    this.#socket.close();
    this.#queue.rest();
    this.#rest.rest();
    clearTimeout(this.#polling);
    this.#polling = 0;
  }

  /** Cut the connection, of every tab of this device; what is asked meanwhile waits. */
  pause(isPaused = true) {
    this.isPaused = isPaused;
    if (!this.#tabs.leads) return this.#tabs.post({ pause: isPaused });
    if (!isPaused) return this.#connect();
    this.#socket.close();
    this.#isAway();
  }

  resume() {
    this.pause(false);
  }

  /** Try again after a final refusal. */
  retry() {
    if (this.#tabs.leads) this.#connect();
    else this.#tabs.post({ retry: true });
  }

  /** End, and leave nothing of this inbox on this machine: for when its user logs out. */
  async forget() {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    this.stop();
    await this.#discard();
  }

  /** Give another credential, for this and the next connections. @param {string} token */
  authenticate(token) {
    this.#rest.authenticate(token);
  }

  /**
   * Change notifications: at once here, on the server as soon as it can be reached. Resolves to the number that changed
   * there, and rejects what is refused. With `holdSeconds` it is sent that much later, or when it is released, so that
   * it can be cancelled.
   * @param {T.Verb} verb @param {T.Selection} which
   */
  async mark(verb, { ids, up_to, identifier, holdSeconds = 0, onBegin }) {
    /** @type {T.Which[]} */
    const chunks = ids
      ? Array.from({ length: Math.ceil(ids.length / IDS_MAX) }, (_, n) => ({
          ids: ids.slice(n * IDS_MAX, (n + 1) * IDS_MAX),
        }))
      : [identifier ? { up_to, identifier } : { up_to }];
    const asked = chunks.map((chunk) => {
      const op = {
        ...chunk,
        id: `${this.#tabs.id}-${++this.#number}`,
        verb,
        at: holdSeconds && Date.now() + holdSeconds * 1000,
      };
      const changed = this.#queue.promise(op);
      onBegin?.(op.id);
      this.#begin(op);
      return changed;
    });
    return (await Promise.all(asked)).reduce((sum, changed) => sum + changed, 0);
  }

  /** Take back what is held. @param {string} id */
  cancel(id) {
    this.#edit({ cancel: id });
  }

  /** Send now what is held. @param {string} id */
  release(id) {
    this.#edit({ release: id });
  }

  /** Whether a list goes on beyond what is held. */
  hasMore(query = '') {
    const page = this.store.pages[query];
    return page ? page.next !== null : query.endsWith('=archived') || this.store.floor > 0;
  }

  /** Fetch the next page of a list. */
  async more(query = '') {
    const { pages, epoch } = this.store;
    const page = (pages[query] ??= { next: undefined, floor: Infinity, isLoading: false, hasFailed: false });
    if (page.isLoading || page.next === null) return;
    Object.assign(page, { isLoading: true, hasFailed: false });
    this.#tell('change');
    const known = this.store.list(query).length;
    try {
      do {
        // the first pages may hold nothing but what is known
        const body = await this.#rest.ask(
          'GET',
          `?${page.next ?? `limit=${this.#options.pageSize}${query && `&${query}`}`}`,
        );
        if (this.store.pages[query] !== page || body.epoch !== epoch) break; // a snapshot came in between
        page.next = body.next && new URL(body.next).search.slice(1);
        page.floor = page.next ? body.results.at(-1).id : 0;
        if (!query) this.store.floor = Math.min(this.store.floor, page.floor);
        this.store.merge(body.results);
      } while (page.next && this.store.list(query).length === known);
    } catch {
      page.hasFailed = true;
    }
    page.isLoading = false;
    this.#changed();
  }

  // The connection ---------------------------------------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  async #lead(signal) {
    await this.#restore(); // the last leader may have left a queue
    if (signal.aborted) return;
    this.#share();
    this.#tabs.post({ dump: this.store.dump() });
    if (this.isPaused) this.#isAway();
    else this.#connect();
  }

  #connect() {
    this.#setState('connecting');
    this.#rest.planRenewal();
    this.#socket.open();
  }

  /** @param {T.Frame} frame */
  async #follow(frame) {
    switch (frame.type) {
      case 'welcome':
        clearTimeout(this.#polling);
        this.#polling = 0;
        this.#queue.reset();
        this.#setState('live');
        return this.#queue.flush();
      case 'ok':
      case 'error':
        return void (typeof frame.id === 'string' && this.#answer(frame.id, frame));
      case 'snapshot':
        if (this.store.lacksOlder(frame)) frame.older = await this.#olderThan(frame);
      // falls through
      case 'changes':
      case 'heartbeat': {
        const front = this.#isFresh ? this.#tabs.front : '';
        this.#tabs.post({ frame, front });
        this.#apply(frame, front);
        this.#isFresh ||= frame.type === 'snapshot' || (frame.type === 'changes' && !frame.more);
      }
    }
  }

  /** @param {T.Frame} frame @param {string} front */
  #apply(frame, front) {
    const { news, sync } = this.store.apply(frame);
    if (sync !== null && this.#tabs.leads)
      this.#socket.send({ type: 'sync', since: sync, ...(this.store.epoch && { epoch: this.store.epoch }) });
    if (sync !== null && !this.#tabs.leads) this.#tabs.post({ hello: true });
    this.#changed();
    for (const notification of news) this.#tell('notification', { notification, toast: front === this.#tabs.id });
  }

  /**
   * The unread ones that a snapshot leaves out; until they are here the cursor stays where it was.
   * @param {T.Snapshot} snapshot
   */
  async #olderThan(snapshot) {
    const shown = new Set(snapshot.items.map(({ id }) => id));
    /** @type {T.Notification[]} */ const older = [];
    for (let query = 'status=unread&limit=100'; query && older.length < MISSED_MAX;) {
      const { results, next } = await this.#rest.ask('GET', `?${query}`);
      const wanted = results.filter((/** @type {T.Notification} */ row) => this.store.isUnheard(row, snapshot.epoch));
      older.push(...wanted.filter((/** @type {T.Notification} */ row) => !shown.has(row.id)));
      query = next && wanted.length === results.length ? new URL(next).search.slice(1) : '';
    }
    return older;
  }

  #isAway() {
    this.#queue.reset();
    const isLost = this.isPaused || this.#socket.failures > 1 || globalThis.navigator?.onLine === false;
    if (this.isPaused || this.state !== 'polling') this.#setState(isLost ? 'offline' : 'connecting');
    // One failure is a restart; from the second on the socket may be blocked where REST is not.
    if (!this.isPaused && this.#socket.failures > 1 && !this.#polling) this.#poll();
  }

  /** Ask REST in the socket's stead, until it is back. */
  async #poll() {
    this.#polling = -1; // so that there is one of it
    const signal = this.#running?.signal;
    const { pageSize, pollSeconds } = this.#options;
    const isNeeded = () =>
      !signal?.aborted && this.#tabs.leads && !this.isPaused && !this.#socket.live && this.#polling !== 0;
    try {
      const { etag, ...head } = await this.#rest.ask('GET', '?limit=1', undefined, this.#etag);
      for (let more = head.seq !== undefined; more && isNeeded();) {
        const { epoch, seq } = this.store;
        // An epoch that is none is answered with a snapshot.
        const body = await this.#rest.ask(
          'GET',
          `/changes?since=${seq}&epoch=${encodeURIComponent(epoch ?? '-')}&limit=${pageSize}`,
        );
        if (isNeeded()) await this.#follow({ ...body, type: body.mode });
        more = body.mode === 'changes' && body.more;
      }
      this.#etag = etag;
      if (isNeeded()) {
        this.#setState('polling');
        this.#queue.flush();
      }
    } catch (problem) {
      const { status } = /** @type {{status?: number}} */ (problem);
      if (isNeeded() && isFinal(status ?? 0)) return this.#refuse(/** @type {number} */ (status));
      if (isNeeded()) this.#setState('offline');
    }
    this.#polling = isNeeded() ? setTimeout(() => this.#poll(), pollSeconds * 1000) : 0;
  }

  /** Final, until somebody tries again. @param {number} code */
  #refuse(code) {
    this.#socket.close();
    clearTimeout(this.#polling);
    this.#polling = 0;
    // Not this user's any more, so what is stored is nobody's to read; a token that ends says nothing of the user.
    if (code % 4000 === 403 || (code % 4000 === 401 && !this.#rest.token)) this.#discard();
    this.#setState('closed', code);
  }

  // The queue of changes ---------------------------------------------------------------------------------------------

  /** @param {T.Operation} op */
  #begin(op) {
    this.store.begin(op);
    this.#changed();
    if (!this.#tabs.leads) return this.#tabs.post({ op });
    this.#save(0);
    this.#share();
    this.#queue.flush();
  }

  /** @param {T.Edit} edit */
  #edit(edit) {
    if (!this.#tabs.leads) this.#tabs.post({ edit });
    if (!this.#queue.edit(edit)) return;
    this.#changed();
    this.#share();
    if (this.#tabs.leads) this.#queue.flush();
  }

  /** Whether it could be sent. @param {T.Operation} op */
  #deliver({ id, verb, at, seq, ...which }) {
    if (!this.#tabs.leads || this.isPaused) return false;
    if (this.#socket.send({ type: verb, id, ...which })) return true;
    if (this.state !== 'polling') return false;
    this.#rest.ask('POST', '/mark', { action: verb, ...which }).then(
      ({ seq: done, changed }) => this.#answer(id, { type: 'ok', id, seq: done, changed }),
      ({ status = 0, message }) =>
        this.#answer(id, { type: 'error', id, code: isFinal(status) ? `${status}` : 'unavailable', detail: message }),
    );
    return true;
  }

  /** @param {string} id @param {T.Answer} answer */
  #answer(id, answer) {
    if (!this.#queue.end(id, answer)) return;
    this.#tabs.post({ answer });
    this.#share();
    this.#changed();
  }

  // Other tabs and this page -----------------------------------------------------------------------------------------

  #share() {
    if (this.#tabs.leads)
      this.#tabs.post({ ops: this.store.ops, state: this.state, code: this.code, isPaused: this.isPaused });
  }

  /** @param {any} message */
  #overhear({ hello, dump, frame, front, op, ops, state, code, isPaused, edit, answer, pause, retry }) {
    if (this.#tabs.leads) {
      if (hello) this.#tabs.post({ dump: this.store.dump() });
      if (hello) this.#share();
      if (op && !this.store.ops.some(({ id }) => id === op.id)) this.#begin(op);
      if (edit) this.#edit(edit);
      if (pause !== undefined) this.pause(pause);
      if (retry) this.retry();
      return;
    }
    if (dump) this.store.load(dump);
    if (frame) this.#apply(frame, front);
    if (answer) this.#queue.end(answer.id, answer);
    if (ops) {
      // A leader that has just come does not know what the last one had not finished.
      const unknown = this.#queue.waited.filter(
        ({ id }) => !ops.some((/** @type {T.Operation} */ one) => one.id === id),
      );
      this.store.ops = ops;
      for (const one of unknown) {
        this.store.begin(one);
        this.#tabs.post({ op: one });
      }
      this.isPaused = isPaused;
      this.#setState(state, code);
    }
    this.#changed();
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    if (!globalThis.document) return;
    const hurry = () => this.#tabs.leads && !this.isPaused && this.#socket.hurry();
    const look = () => {
      this.#tabs.look();
      if (!document.hidden) hurry();
    };
    for (const type of ['online', 'offline']) addEventListener(type, hurry, { signal });
    addEventListener('focus', () => this.#tabs.look(), { signal });
    document.addEventListener('visibilitychange', look, { signal });
    addEventListener('pagehide', () => this.#leave(), { signal });
  }

  /** The page goes: what waits is sent without it, twice at worst, which changes nothing. */
  #leave() {
    if (this.#tabs.leads && !this.isPaused) {
      for (const { id, verb, at, seq, ...which } of this.store.ops)
        if (seq === undefined) this.#rest.leave('/mark', { action: verb, ...which });
    }
    this.#save(0);
    this.stop();
    // It may come back from the back-forward cache.
    addEventListener('pageshow', () => this.start(), { once: true });
  }

  // What is stored ---------------------------------------------------------------------------------------------------

  async #restore() {
    const { store } = this;
    const record = this.#key && (await this.#options.storage?.get(this.#key).catch(() => null));
    if (!record) return;
    const { state, ops, at } = record;
    if (store.epoch === null) this.#isFresh = Date.now() - at < AWAY_MS;
    if (store.epoch === null || (store.epoch === state.epoch && state.seq > store.seq)) store.load(state);
    for (const op of ops) if (!store.ops.some(({ id }) => id === op.id)) store.begin(op);
    this.#changed();
  }

  #save(delay = SAVE_MS) {
    if (!this.#tabs.leads || !this.#key || !this.#options.storage || this.state === 'closed') return;
    if (delay) return void (this.#saving ??= setTimeout(() => this.#save(0), delay));
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const record = { state: this.store.dump(STORED_ROWS), ops: this.store.ops, at: Date.now() };
    // Full, or forbidden: then it is kept in memory alone.
    if (this.store.epoch !== null) this.#options.storage.set(this.#key, record).catch(() => {});
  }

  async #discard() {
    this.store.ops = [];
    if (this.#key) await this.#options.storage?.delete(this.#key).catch(() => {});
  }

  #changed() {
    this.#save();
    this.#tell('change');
    const { unread, unseen } = this.store.view;
    const told = `${unread} ${unseen}`;
    if (told !== this.#told) this.#tell('counts', { unread, unseen });
    this.#told = told;
  }

  /** @param {T.ConnectionState} state */
  #setState(state, code = 0) {
    if (this.state === state && this.code === code) return;
    [this.state, this.code] = [state, code];
    this.#share();
    this.#tell('connection', { state, code });
  }

  /** @param {string} type @param {object} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), { detail }));
  }
}
