// The element <notification-inbox>: a bell with a badge, a panel with the lists, and toasts.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { bellOf } from './bell.js';
import { InboxClient } from './client.js';
import { deedsOf } from './deeds.js';
import { make } from './dom.js';
import { doable } from './item.js';
import { DOWN, DOWN_AND_LETTERS, RIGHT, step } from './keys.js';
import { panelOf } from './panel.js';
import { sharedSheet } from './styles.js';
import { Texts } from './texts.js';
import { toastsOf } from './toasts.js';

/** @type {typeof HTMLElement} */
const Base = globalThis.HTMLElement ?? class {};

let number = 0;

export class NotificationInbox extends Base {
  static observedAttributes = ['user-id', 'endpoint', 'device', 'token', 'lang', 'identifiers', 'badge'];

  /** @type {InboxClient | null} */ client = null;
  words = new Texts('en', {});
  /** Which list is shown. */ query = '';
  /** The row whose menu is open. */ menu = 0;
  bell = bellOf(this);
  deeds = deedsOf(this);
  panel = panelOf(this, `inbox-${++number}`, (event) => this.#onListKey(event));
  #toasts = toastsOf(this);
  #isDrawing = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sharedSheet(), this.panel.sheet];
    const frame = make(
      'div',
      {
        keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
        focusout: (/** @type {FocusEvent} */ { relatedTarget }) => {
          const to = /** @type {Node | null} */ (relatedTarget);
          if (to && !frame.contains(to) && !this.contains(to)) this.hide(false);
        },
      },
      this.bell.element,
      this.panel.element,
      this.#toasts.element,
      this.#toasts.voice,
    );
    root.append(frame);
  }

  // What a page may set and call -------------------------------------------------------------------------------------

  get open() {
    return this.bell.element.ariaExpanded === 'true'; // who is taken away with an open panel has yet to close it
  }

  get counts() {
    const { unread, unseen } = this.client?.store.view ?? { unread: 0, unseen: 0 };
    return { unread, unseen };
  }

  get connection() {
    return this.client?.state ?? 'connecting';
  }

  show() {
    if (this.open) return;
    this.panel.show();
    this.bell.element.ariaExpanded = 'true';
    this.#toasts.clear();
    this.deeds.see(true);
    this.draw();
    this.panel.element.focus();
  }

  hide(returnsFocus = true) {
    if (!this.open) return;
    this.panel.hide();
    this.bell.element.ariaExpanded = 'false';
    this.menu = 0;
    this.deeds.settle();
    if (returnsFocus) this.bell.element.focus();
  }

  /** Cut the connection, and go on with `resume()`: what is done meanwhile is kept and sent then. */
  pause() {
    this.client?.pause();
  }

  resume() {
    this.client?.resume();
  }

  /** Leave nothing on this machine: for a log-out. */
  async forget() {
    await this.client?.forget();
  }

  // Life -------------------------------------------------------------------------------------------------------------

  connectedCallback() {
    queueMicrotask(() => this.#connect()); // once a framework has set what it sets
  }

  disconnectedCallback() {
    this.hide(false);
    queueMicrotask(() => this.isConnected || this.#disconnect()); // unless it was only moved
  }

  /** @param {string} name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(name, before, after) {
    if (before === after || !this.client) return;
    if (name === 'token') this.client.authenticate(after ?? '');
    else if (/^[ude]/.test(name)) {
      // it is another inbox
      this.#disconnect();
      this.#connect();
    } else this.refresh();
  }

  #connect() {
    if (this.client || !this.isConnected) return;
    this.refresh();
    // Attributes are the options of the client, in their own spelling.
    const given = [...this.attributes].map(({ name, value }) => [
      name.replace(/-./g, ([, letter]) => letter.toUpperCase()),
      value,
    ]);
    const client = (this.client = new InboxClient({
      ...Object.fromEntries(given),
      tokenProvider: () => /** @type {any} */ (this).tokenProvider?.(),
    }));
    for (const type of ['counts', 'connection'])
      client.addEventListener(type, (/** @type {any} */ { detail }) => {
        this.#emit(type, detail);
        this.draw();
      });
    client.addEventListener('change', () => this.draw());
    client.addEventListener('refused', (/** @type {any} */ { detail }) =>
      this.deeds.tell(this.words.say('failed', { detail: detail.detail })),
    );
    client.addEventListener('notification', (/** @type {any} */ { detail }) => {
      const wanted = this.#emit('notification', detail, true) && detail.toast;
      if (wanted) this.#toasts.add(detail.notification, !this.open && this.getAttribute('toasts') !== 'off');
    });
    client.start();
    this.draw();
  }

  #disconnect() {
    this.deeds.settle();
    this.client?.stop();
    this.client = null;
    this.panel.list.reset();
    this.#toasts.clear();
    this.bell.draw();
  }

  /**
   * Whether nobody prevented what follows.
   * @param {string} type
   * @param {object} detail
   * @param {boolean} [cancelable]
   */
  #emit(type, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
  }

  // What is shown ----------------------------------------------------------------------------------------------------

  /** After `renderItem`, `texts` or what they depend on were given anew. */
  async refresh() {
    const of = this.lang || this.closest('[lang]')?.getAttribute('lang') || navigator.language;
    const words = (this.words = await Texts.of(of, /** @type {any} */ (this).texts));
    const frame = /** @type {HTMLElement} */ (this.shadowRoot?.firstElementChild);
    frame.lang = words.locale;
    // The direction of the page, unless it has none and the words have another.
    frame.dir = this.closest('[dir]')?.getAttribute('dir') ?? words.say('dir');
    this.panel.translate();
    this.draw();
  }

  /** Once for all that happens in one turn. */
  draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => {
      this.#isDrawing = false;
      if (!this.client || !this.isConnected) return;
      this.bell.draw();
      this.#toasts.settle(
        (/** @type {number} */ id) =>
          !this.client?.store.view.rows.some((row) => row.id === id && !row.is_read && !row.archived_at),
      );
      if (!this.open) return;
      this.panel.draw();
      this.deeds.see();
    });
  }

  /** Show another list. @param {string} query */
  choose(query) {
    this.query = query;
    this.menu = 0;
    this.panel.turn();
    this.draw();
  }

  /** @returns {T.Look} */
  look() {
    return {
      isOpen: false,
      texts: this.words,
      renderItem: /** @type {any} */ (this).renderItem, // set by the page, before or after this file was here
      onClick: (row, event) => {
        if (!row.is_read) this.deeds.mark('read', { ids: [row.id] });
        if (!this.#emit('notification-click', { notification: row }, true)) event.preventDefault();
      },
      onMenu: (row) => this.#openMenu(this.menu === row.id ? 0 : row.id),
      onDeed: (row, verb) => this.#do(row, verb),
    };
  }

  /** @param {number} id */
  #openMenu(id) {
    this.menu = id;
    this.draw();
    if (id) queueMicrotask(() => this.panel.element.querySelector('[role=menuitem]')?.focus());
  }

  /** @param {T.Notification} row @param {T.Verb} verb */
  #do(row, verb) {
    this.menu = 0;
    this.deeds.one(row, verb);
  }

  // Keys -------------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === 'z' && (event.ctrlKey || event.metaKey) && this.deeds.takeBack()) return event.preventDefault();
    if (event.key === 'Escape' && this.open) {
      event.stopPropagation();
      return this.menu ? this.#openMenu(0) : this.hide();
    }
    const isFrame = event.target === this.panel.element || event.target === this.bell.element;
    if (isFrame && this.open && !event.defaultPrevented) step(event, this.panel.list.links, DOWN_AND_LETTERS);
  }

  /** @param {KeyboardEvent} event */
  #onListKey(event) {
    const { list } = this.panel;
    const menu = /** @type {HTMLElement} */ (event.target).closest('[role=menu]');
    if (menu) {
      if (step(event, /** @type {HTMLElement[]} */ ([...menu.children]), { ...DOWN, ...RIGHT }))
        return event.stopPropagation();
      if (event.key === 'Tab') this.#openMenu(0);
    } else if (step(event, list.links, DOWN_AND_LETTERS)) return event.stopPropagation();
    const row = list.rowOf(event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const deed = doable(row).find(([, key]) => key.toLowerCase() === event.key.toLowerCase());
    if (!deed) return;
    event.preventDefault();
    this.#do(row, deed[0]);
  }
}
