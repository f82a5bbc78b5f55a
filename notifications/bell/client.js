// The client: a store kept equal to the server's, over one socket for all tabs, or REST where sockets are blocked.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { linkOf } from './link.js';
import { missedBy } from './missed.js';
import { completed } from './options.js';
import { listen } from './page.js';
import { fetchPage } from './pages.js';
import { Queue, chunksOf } from './queue.js';
import { recordOf } from './record.js';
import { InboxStore } from './store.js';
import { Tabs } from './tabs.js';

const AWAY_MS = 60_000; // after this long what arrived meanwhile is history, not news

/**
 * One device. Tells `change`, `notification`, `counts`, `connection` and `refused` as events with a `detail`.
 * Among tabs, the one that leads has the link, the queue and what is stored, and passes frames on to the others.
 */
export class InboxClient extends EventTarget {
  store;
  /** @type {T.ConnectionState} */ state = 'connecting';
  /** Close code or HTTP status of a final refusal. */ code = 0;
  isPaused = false;
  tabs;
  /** @type {ReturnType<typeof linkOf>} */ link;
  queue;
  #record;
  #pageSize;
  /** @type {AbortController | null} */ #running = null;
  /** False while what was missed is history. */ #isFresh = true;
  #number = 0;
  #told = '';

  /** @param {T.ClientOptions} options */
  constructor(options) {
    super();
    const given = completed(options);
    const store = (this.store = new InboxStore(options));
    this.#pageSize = given.pageSize;
    this.tabs = new Tabs(given.share ? given.key : '');
    this.#record = recordOf(given, this);
    this.queue = new Queue(store, {
      deliver: (op) => this.link.deliver(op),
      onRefused: (operation, { code, detail }) => this.#tell('refused', { operation, code, detail }),
    });
    this.link = linkOf(given, this);
  }

  /** Show what was stored, then follow the server. */
  async start() {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    this.setState('connecting');
    await this.#restore();
    if (signal.aborted) return;
    listen(signal, this);
    this.tabs.join(
      signal,
      (message) => this.#overhear(message),
      () => this.#lead(signal),
    );
    if (!this.tabs.leads) this.tabs.post({ hello: true });
  }

  /** Let go of the socket, the lock and the timers. What is not sent yet stays stored. */
  stop() {
    this.#record.write();
    this.#running?.abort();
    this.#running = null;
    this.queue.rest();
    this.link.close();
  }

  /** Cut the connection, of every tab of this device; what is asked meanwhile waits. */
  pause(isPaused = true) {
    this.isPaused = isPaused;
    if (!this.tabs.leads) this.tabs.post({ pause: isPaused });
    else this.link.open();
  }

  resume() {
    this.pause(false);
  }

  /** Try again after a final refusal, or begin anew after `forget()`. */
  retry() {
    this.start();
    if (this.tabs.leads) this.link.open();
    else this.tabs.post({ retry: true });
  }

  /** End, in every tab, and leave nothing of this inbox on this machine: for when its user logs out. */
  async forget() {
    this.tabs.post({ forget: true });
    this.tabs.leads = false; // so that nothing is written any more
    this.stop();
    this.setState('closed', 4401);
    await this.#record.discard();
  }

  /** Give another credential, for this and the next connections; after a refusal it is tried. @param {string} token */
  authenticate(token) {
    this.link.rest.authenticate(token);
    if (token && this.state === 'closed') this.retry();
  }

  /**
   * Change notifications: at once here, on the server as soon as it can be reached. Resolves to the number that changed
   * there, and rejects what is refused. With `holdSeconds` it is sent that much later, or when it is released, so that
   * it can be cancelled.
   * @param {T.Verb} verb @param {T.Selection} which
   */
  async mark(verb, { holdSeconds = 0, onBegin, ...which }) {
    const asked = chunksOf(which).map((chunk) => {
      const op = {
        ...chunk,
        id: `${this.tabs.id}-${++this.#number}`,
        verb,
        at: holdSeconds && Date.now() + holdSeconds * 1000,
      };
      const changed = this.queue.promise(op);
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
    const { pages, floor } = this.store;
    const page = pages[query];
    return page ? page.next !== null : query.endsWith('=archived') || floor > 0;
  }

  /** Fetch the next page of a list. */
  more(query = '') {
    return fetchPage(this, query, this.#pageSize);
  }

  // What the server says ---------------------------------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  async #lead(signal) {
    await this.#restore(); // the last leader may have left a queue
    if (signal.aborted) return;
    this.#share(this.store.dump());
    this.link.open();
  }

  /** @param {T.Frame} frame */
  async follow(frame) {
    switch (frame.type) {
      case 'welcome':
        this.queue.reset();
        this.setState('live');
        return this.queue.flush();
      case 'ok':
      case 'error':
        return this.answer(frame);
      case 'snapshot':
        if (this.store.lacksOlder(frame)) frame.older = await missedBy(this.store, this.link.rest, frame);
      // falls through
      case 'changes':
      case 'heartbeat': {
        const front = this.#isFresh ? this.tabs.front : '';
        this.tabs.post({ frame, front });
        this.#apply(frame, front);
        this.#isFresh ||= frame.type === 'snapshot' || (frame.type === 'changes' && !frame.more);
      }
    }
  }

  /** @param {T.Frame} frame @param {string} front */
  #apply(frame, front) {
    const { news, sync } = this.store.apply(frame);
    if (sync !== null && this.tabs.leads)
      this.link.send({ type: 'sync', since: sync, ...(this.store.epoch && { epoch: this.store.epoch }) });
    if (sync !== null && !this.tabs.leads) this.tabs.post({ hello: true });
    this.tellChange();
    for (const notification of news) this.#tell('notification', { notification, toast: front === this.tabs.id });
  }

  /** @param {number} code */
  refuse(code) {
    // Not this user's any more, so what is stored is nobody's to read; a token that ends says nothing of the user.
    if (code % 4000 === 403 || (code % 4000 === 401 && !this.link.rest.token)) this.#record.discard();
    this.setState('closed', code);
  }

  // What the user wants ----------------------------------------------------------------------------------------------

  /** @param {T.Operation} op */
  #begin(op) {
    this.store.begin(op);
    this.tellChange();
    if (!this.tabs.leads) return this.tabs.post({ op });
    this.#record.write();
    this.#share();
    this.queue.flush();
  }

  /** @param {T.Edit} edit */
  #edit(edit) {
    if (!this.tabs.leads) this.tabs.post({ edit });
    if (!this.queue.edit(edit)) return;
    this.tellChange();
    this.#share();
    if (this.tabs.leads) this.queue.flush();
  }

  /** @param {T.Answer} answer */
  answer(answer) {
    if (!this.queue.end(answer)) return;
    this.tabs.post({ answer });
    this.#share();
    this.tellChange();
  }

  // Other tabs and this page -----------------------------------------------------------------------------------------

  /** @param {T.State} [dump] */
  #share(dump) {
    const { state, code, isPaused } = this;
    if (this.tabs.leads) this.tabs.post({ dump, ops: this.store.ops, state, code, isPaused });
  }

  /** @param {any} message */
  #overhear({ hello, dump, frame, front, op, ops, state, code, isPaused, edit, answer, pause, retry, forget }) {
    if (forget) return this.forget();
    if (this.tabs.leads) {
      if (hello) this.#share(this.store.dump());
      if (op && !this.store.ops.some(({ id }) => id === op.id)) this.#begin(op);
      if (edit) this.#edit(edit);
      if (pause !== undefined) this.pause(pause);
      if (retry) this.retry();
      return;
    }
    if (dump) this.store.load(dump);
    if (frame) this.#apply(frame, front);
    if (answer) this.queue.end(answer);
    if (ops) {
      // A leader that has just come does not know what the last one had not finished.
      const unknown = this.queue.waited.filter(
        ({ id }) => !ops.some((/** @type {T.Operation} */ one) => one.id === id),
      );
      this.store.adopt(ops);
      for (const one of unknown) {
        this.store.begin(one);
        this.tabs.post({ op: one });
      }
      this.isPaused = isPaused;
      this.setState(state, code);
    }
    this.tellChange();
  }

  async #restore() {
    const isFirst = this.store.epoch === null;
    const at = await this.#record.restore();
    if (!at) return;
    if (isFirst) this.#isFresh = Date.now() - at < AWAY_MS;
    this.tellChange();
  }

  tellChange() {
    this.#record.keep();
    this.#tell('change');
    const { unread, unseen } = this.store.view;
    const told = `${unread} ${unseen}`;
    if (told !== this.#told) this.#tell('counts', { unread, unseen });
    this.#told = told;
  }

  /** @param {T.ConnectionState} state */
  setState(state, code = 0) {
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
