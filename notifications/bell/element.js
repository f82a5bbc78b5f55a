// The element <notification-inbox>: a bell with a badge, a panel with the lists, and toasts.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { InboxClient } from './client.js';
import { BELL, CROSS, TICKS, icon, make } from './dom.js';
import { deedsOf } from './item.js';
import { DOWN, DOWN_AND_LETTERS, LEFT, RIGHT, step } from './keys.js';
import { List } from './list.js';
import { sharedSheet, sheetOf } from './styles.js';
import { Texts } from './texts.js';
import { Toasts } from './toasts.js';

const UNDO_MS = 8000;
const HOLD_SECONDS = 120; // what cannot be undone is sent this late at the latest, should nobody release it
const AGO_MS = 20_000;
/** @type {Record<string, T.Verb>} */
const INVERSE = { read: 'unread', unread: 'read', archive: 'unarchive', unarchive: 'archive' };
/** @type {typeof HTMLElement} */
const Base = globalThis.HTMLElement ?? class {};

let number = 0;

export class NotificationInbox extends Base {
  static observedAttributes = ['user-id', 'endpoint', 'device', 'token', 'lang', 'identifiers', 'badge'];

  /** @type {InboxClient | null} */ client = null;
  #name = `inbox-${++number}`;
  #texts = new Texts('en', {});
  #query = '';
  /** The row whose menu is open. */ #menu = 0;
  #seenUpTo = 0;
  #isDrawing = false;
  /** @type {{undo: () => void, settle: () => void} | null} */ #deed = null;
  /** @type {any} */ #deedTimer;
  /** @type {any} */ #clock;
  /** @type {AbortController | null} */ #outside = null;
  #place = globalThis.CSSStyleSheet && sheetOf();
  /** @type {any} */ #bell;
  /** @type {any} */ #badge;
  /** @type {any} */ #panel;
  /** @type {any} */ #heading;
  /** @type {any} */ #readAll;
  /** @type {any} */ #close;
  /** @type {any} */ #tabs;
  /** @type {any} */ #notice;
  /** @type {any} */ #lists;
  /** @type {any} */ #none;
  #list = new List((event) => this.#onListKey(event));
  /** @type {any} */ #empty;
  /** @type {any} */ #more;
  /** @type {any} */ #end;
  /** @type {any} */ #undo;
  /** @type {any} */ #toasts;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sharedSheet(), this.#place];
    this.#toasts = new Toasts({
      look: () => this.#look(),
      onOpen: () => this.show(),
      onLeave: () => this.#bell.focus(),
    });
    this.#build(root);
  }

  // What a page may set and call -------------------------------------------------------------------------------------

  /** After `renderItem` or `texts` were given anew. */
  refresh() {
    this.#translate();
  }

  get open() {
    return this.#panel.matches(':popover-open');
  }

  get counts() {
    const { unread = 0, unseen = 0 } = this.client?.store.view ?? {};
    return { unread, unseen };
  }

  get connection() {
    return this.client?.state ?? 'connecting';
  }

  show() {
    if (this.open) return;
    this.#panel.showPopover();
    this.#bell.ariaExpanded = 'true';
    this.#seenUpTo = 0;
    this.#toasts.clear();
    this.#outside = new AbortController();
    const { signal } = this.#outside;
    document.addEventListener('pointerdown', (event) => event.composedPath().includes(this) || this.hide(false), {
      signal,
    });
    for (const type of ['resize', 'scroll']) addEventListener(type, () => this.#position(), { signal, passive: true });
    this.#clock = setInterval(() => this.#tick(), AGO_MS);
    this.#position();
    this.#draw();
    this.#panel.focus();
  }

  hide(returnsFocus = true) {
    if (!this.open) return;
    this.#outside?.abort();
    clearInterval(this.#clock);
    this.#panel.hidePopover();
    this.#bell.ariaExpanded = 'false';
    this.#menu = 0;
    this.#settle();
    if (returnsFocus) this.#bell.focus();
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
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.hide(false);
      this.#disconnect();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(name, before, after) {
    if (before === after || !this.client) return;
    if (name === 'token') this.client.authenticate(after ?? '');
    else if (/^[ude]/.test(name)) {
      // it is another inbox
      this.#disconnect();
      this.#connect();
    } else this.#translate();
  }

  #connect() {
    if (this.client || !this.isConnected) return;
    this.#translate();
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
      client.addEventListener(type, (/** @type {any} */ { detail }) => this.#emit(type, detail));
    client.addEventListener('change', () => this.#draw());
    client.addEventListener('connection', () => this.#draw());
    client.addEventListener('refused', (/** @type {any} */ { detail }) =>
      this.#say(this.#texts.say('failed', { detail: detail.detail })),
    );
    client.addEventListener('notification', (/** @type {any} */ { detail }) => {
      const wanted = this.#emit('notification', detail, true) && detail.toast;
      if (wanted) this.#toasts.add(detail.notification, !this.open && this.getAttribute('toasts') !== 'off');
    });
    client.start();
    this.#draw();
  }

  #disconnect() {
    this.#settle();
    this.client?.stop();
    this.client = null;
    this.#list.reset();
    this.#toasts.clear();
  }

  /**
   * False when a listener does not want what follows.
   * @param {string} type
   * @param {object} detail
   * @param {boolean} [cancelable]
   */
  #emit(type, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
  }

  // The frame that stays ---------------------------------------------------------------------------------------------

  /** @param {ShadowRoot} root */
  #build(root) {
    const id = (/** @type {string} */ part) => `${this.#name}-${part}`;
    this.#badge = make('span.badge', { hidden: true, ariaHidden: 'true' });
    this.#bell = make(
      'button.bell',
      { ariaHasPopup: 'dialog', ariaExpanded: 'false', click: () => (this.open ? this.hide() : this.show()) },
      make('slot', { name: 'bell' }, icon(BELL)),
      this.#badge,
    );
    this.#heading = make('h2.title', { id: id('title') });
    this.#readAll = make('button.read-all', { click: () => this.#markAllRead() }, icon(TICKS));
    this.#close = make('button.close', { click: () => this.hide() }, icon(CROSS));
    this.#tabs = make('div.tabs', {
      role: 'tablist',
      keydown: (/** @type {KeyboardEvent} */ event) => this.#onTabKey(event),
    });
    this.#notice = make('div.notice', { role: 'status' });
    this.#undo = make('div.notice.undo', { role: 'status' });
    this.#empty = make('p');
    this.#more = make('button.more', { click: () => this.client?.more(this.#query) });
    this.#none = make('div.empty', {}, make('slot', { name: 'empty' }, this.#empty));
    this.#end = make('div.end', {}, this.#more);
    this.#lists = make('div.lists', { id: id('lists'), role: 'tabpanel' }, this.#list.element, this.#none, this.#end);
    this.#panel = make(
      'div.panel',
      { popover: 'manual', role: 'dialog', tabIndex: -1, 'aria-labelledby': id('title') },
      make('div.header', {}, make('slot', { name: 'header' }, this.#heading), this.#readAll, this.#close),
      this.#tabs,
      this.#notice,
      this.#lists,
      this.#undo,
    );
    const frame = make(
      'div',
      {
        keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
        focusout: (/** @type {FocusEvent} */ { relatedTarget }) => {
          const to = /** @type {Node | null} */ (relatedTarget);
          if (to && !frame.contains(to) && !this.contains(to)) this.hide(false);
        },
      },
      this.#bell,
      this.#panel,
      this.#toasts.element,
      this.#toasts.voice,
    );
    root.append(frame);
    new IntersectionObserver(
      ([{ isIntersecting }]) => isIntersecting && this.#canLoad() && this.client?.more(this.#query),
      { root: this.#lists, rootMargin: '300px' },
    ).observe(this.#end);
  }

  #canLoad() {
    return (
      this.client && !this.client.store.pages[this.#query]?.hasFailed && ['live', 'polling'].includes(this.connection)
    );
  }

  /** Below the bell, as far as it fits; on a narrow screen the style sheet makes it a sheet. */
  #position() {
    const bell = this.#bell.getBoundingClientRect();
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const own = this.#panel.offsetWidth;
    const isRight = this.#panel.matches(':dir(rtl)');
    const left = Math.max(8, Math.min(isRight ? bell.left : bell.right - own, width - own - 8));
    const isAbove = height - bell.bottom < 300 && bell.top > height - bell.bottom;
    const vertical = isAbove
      ? `bottom:${height - bell.top + 6}px;max-height:${bell.top - 14}px`
      : `top:${bell.bottom + 6}px;max-height:${height - bell.bottom - 14}px`;
    this.#place.replaceSync(
      `@media (min-width:30.01rem) and (min-height:30.01rem){.panel{left:${left}px;${vertical}}}`,
    );
  }

  async #translate() {
    const of = this.lang || this.closest('[lang]')?.getAttribute('lang') || navigator.language;
    this.#texts = await Texts.of(of, /** @type {any} */ (this).texts);
    const texts = this.#texts;
    const frame = /** @type {HTMLElement} */ (this.shadowRoot?.firstElementChild);
    frame.lang = texts.language;
    // The direction of the page, unless it has none and the words have another.
    frame.dir = this.closest('[dir]')?.getAttribute('dir') ?? texts.say('dir');
    this.#heading.textContent = texts.say('title');
    for (const [button, key] of [
      [this.#readAll, 'readAll'],
      [this.#close, 'close'],
    ])
      button.ariaLabel = button.title = texts.say(key);
    this.#again();
  }

  /** Everything anew. */
  #again() {
    this.#list.reset();
    this.#tabs.replaceChildren();
    this.#draw();
  }

  // What changes -----------------------------------------------------------------------------------------------------

  /** Once for all that happens in one turn. */
  #draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => {
      this.#isDrawing = false;
      if (!this.client || !this.isConnected) return;
      this.#drawBadge();
      this.#toasts.settle(
        (/** @type {number} */ id) =>
          !this.client?.store.view.rows.some((row) => row.id === id && !row.is_read && !row.archived_at),
      );
      if (!this.open) return;
      this.#drawTabs();
      this.#drawNotice();
      this.#drawList();
      this.#see();
    });
  }

  #drawBadge() {
    const isUnread = this.getAttribute('badge') === 'unread';
    const n = this.counts[isUnread ? 'unread' : 'unseen'];
    this.#badge.hidden = !n;
    this.#badge.textContent = n > 99 ? `${this.#texts.say('{n}', { n: 99 })}+` : this.#texts.say('{n}', { n });
    this.#bell.ariaLabel = n ? this.#texts.say(isUnread ? 'withUnread' : 'withNew', { n }) : this.#texts.say('title');
    if (this.hasAttribute('title-count'))
      document.title = (n ? `(${n > 99 ? '99+' : n}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '');
    if (this.hasAttribute('app-badge')) /** @type {any} */ (navigator).setAppBadge?.(n).catch(() => {});
  }

  #drawTabs() {
    if (!this.#tabs.children.length) {
      const own = (this.getAttribute('identifiers') ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);
      const queries = [
        '',
        'status=unread',
        'status=archived',
        ...own.map((name) => `identifier=${encodeURIComponent(name)}`),
      ];
      const names = [
        ...['all', 'unread', 'archived'].map((key) => this.#texts.say(key)),
        ...own.map((name) => this.#texts.say(name)),
      ];
      if (!queries.includes(this.#query)) this.#query = '';
      this.#tabs.append(
        ...queries.map((query, n) =>
          make(
            'button.tab',
            {
              role: 'tab',
              id: `${this.#name}-tab-${n}`,
              'aria-controls': this.#lists.id,
              value: query,
              click: () => this.#choose(query),
            },
            names[n],
          ),
        ),
      );
    }
    for (const tab of this.#tabs.children) {
      const isChosen = tab.value === this.#query;
      tab.ariaSelected = String(isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen) this.#lists.setAttribute('aria-labelledby', tab.id);
    }
  }

  /** @param {string} query */
  #choose(query) {
    this.#query = query;
    this.#menu = 0;
    this.#list.reset();
    this.#lists.scrollTop = 0;
    this.#draw();
  }

  #drawNotice() {
    const { state, code = 0 } = /** @type {InboxClient} */ (this.client);
    const key = state === 'closed' ? ({ 401: 'signedOut', 403: 'forbidden' }[code % 4000] ?? 'refused') : state;
    const text = state === 'live' ? '' : this.#texts.say(key);
    if (this.#notice.dataset.text === text) return;
    this.#notice.dataset.text = text;
    this.#notice.replaceChildren(
      ...(text ? [make('span', {}, text)] : []),
      ...(state === 'closed'
        ? [make('button.retry', { click: () => this.client?.retry() }, this.#texts.say('retry'))]
        : []),
    );
  }

  #drawList() {
    const client = /** @type {InboxClient} */ (this.client);
    const page = client.store.pages[this.#query];
    const isMine = client.state !== 'closed' || client.code % 4000 !== 403;
    const rows = isMine ? client.store.list(this.#query) : [];
    const hasMore = isMine && client.store.epoch !== null && client.hasMore(this.#query);
    const isLoading =
      !rows.length &&
      ((client.store.epoch === null && client.state === 'connecting') ||
        page?.isLoading ||
        (hasMore && this.#canLoad()));
    this.#list.draw(rows, this.#menu, this.#look(), this.#panel);
    const [, status] = this.#query.split('=');
    this.#empty.textContent = this.#texts.say(
      isLoading ? 'loading' : ({ unread: 'emptyUnread', archived: 'emptyArchived' }[status] ?? 'empty'),
    );
    this.#lists.ariaBusy = String(!!isLoading);
    // Without a connection or the right to look, an empty list would be a guess.
    this.#none.hidden = rows.length > 0 || (client.store.epoch === null && !isLoading) || !isMine;
    this.#end.hidden = !hasMore || (!rows.length && !page?.hasFailed);
    this.#more.textContent = this.#texts.say(page?.hasFailed ? 'retry' : page?.isLoading ? 'loading' : 'more');
    this.#readAll.disabled = !client.store.view.unread;
    if (hasMore && !rows.length && !page && this.#canLoad()) client.more(this.#query);
  }

  /** @returns {T.Look} */
  #look() {
    const own = /** @type {any} */ (this); // set by the page, before or after this file was here
    return {
      isOpen: false,
      texts: this.#texts,
      renderItem: own.renderItem,
      onClick: (row, event) => this.#onClick(row, event),
      onMenu: (row) => this.#openMenu(this.#menu === row.id ? 0 : row.id),
      onDeed: (row, verb) => this.#do(row, verb),
    };
  }

  // What the user does -----------------------------------------------------------------------------------------------

  /** The panel is open, so what is in it is seen. */
  #see() {
    const view = this.client?.store.view;
    const newest = view?.rows.find((row) => !row.archived_at)?.id ?? 0;
    if (document.hidden || !view?.unseen || newest <= this.#seenUpTo) return;
    this.#seenUpTo = newest;
    this.#mark('seen', { up_to: newest });
  }

  /** @param {T.Verb} verb @param {T.Selection} which */
  #mark(verb, which) {
    this.client?.mark(verb, which).catch(() => {}); // `refused` tells
  }

  /** @param {T.Notification} row @param {Event} event */
  #onClick(row, event) {
    if (!row.is_read) this.#mark('read', { ids: [row.id] });
    if (!this.#emit('notification-click', { notification: row }, true)) event.preventDefault();
  }

  /** @param {number} id */
  #openMenu(id) {
    this.#menu = id;
    this.#draw();
    if (id) queueMicrotask(() => this.#panel.querySelector('[role=menuitem]')?.focus());
  }

  /** @param {T.Notification} row @param {T.Verb} verb */
  #do(row, verb) {
    this.#menu = 0;
    const ids = [row.id];
    if (verb === 'delete') return this.#hold('delete', { ids }, 1);
    this.#mark(verb, { ids });
    this.#offer(verb, 1, () => this.#mark(INVERSE[verb], { ids }));
  }

  /** All that are shown now; what comes meanwhile stays unread. */
  #markAllRead() {
    const { store } = /** @type {InboxClient} */ (this.client);
    const [name, value] = this.#query.split('=').map(decodeURIComponent);
    const identifier = name === 'identifier' ? value : undefined;
    const rows = store.view.rows.filter((row) => !row.archived_at && (!identifier || row.identifier === identifier));
    const ids = rows.filter((row) => !row.is_read).map(({ id }) => id);
    const isWhole = identifier ? !this.client?.hasMore(this.#query) : ids.length === store.view.unread;
    if (!rows.length || (isWhole && !ids.length)) return;
    // Of those that are not held nobody knows which were unread, so they can only be left alone for a while.
    if (!isWhole)
      return this.#hold('read', { up_to: rows[0].id, identifier }, identifier ? ids.length : store.view.unread);
    this.#mark('read', { ids });
    this.#offer('read', ids.length, () => this.#mark('unread', { ids }));
  }

  /**
   * Shown at once, sent when it can no longer be taken back.
   * @param {T.Verb} verb
   * @param {T.Selection} which
   * @param {number} n
   */
  #hold(verb, which, n) {
    /** @type {string[]} */ const held = [];
    const { client } = this;
    this.#mark(verb, { ...which, holdSeconds: HOLD_SECONDS, onBegin: (id) => held.push(id) });
    this.#offer(
      verb,
      n,
      () => held.forEach((id) => client?.cancel(id)),
      () => held.forEach((id) => client?.release(id)),
    );
  }

  /** @param {T.Verb} verb @param {number} n @param {() => void} undo @param {() => void} settle */
  #offer(verb, n, undo, settle = () => {}) {
    this.#settle();
    this.#deed = { undo, settle };
    this.#say(
      this.#texts.say(`did_${verb}`, { n }),
      make(
        'button.undo-button',
        { 'aria-keyshortcuts': 'Control+Z', click: () => this.#takeBack() },
        this.#texts.say('undo'),
      ),
    );
  }

  #takeBack() {
    const hadFocus = this.#undo.matches(':focus-within');
    this.#deed?.undo();
    this.#deed = null;
    this.#settle();
    if (hadFocus) this.#panel.focus();
  }

  #settle() {
    clearTimeout(this.#deedTimer);
    this.#deed?.settle();
    this.#deed = null;
    this.#undo.replaceChildren();
  }

  /** @param {string} text @param {...Node} more */
  #say(text, ...more) {
    this.#undo.replaceChildren(make('span', {}, text), ...more);
    const wait = () => {
      clearTimeout(this.#deedTimer);
      // As long as somebody is at it.
      this.#deedTimer = setTimeout(
        () => (this.#undo.matches(':hover, :focus-within') ? wait() : this.#settle()),
        UNDO_MS,
      );
    };
    wait();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === 'z' && (event.ctrlKey || event.metaKey) && this.#deed) {
      event.preventDefault();
      return this.#takeBack();
    }
    if (event.key === 'Escape' && this.open) {
      event.stopPropagation();
      return this.#menu ? this.#openMenu(0) : this.hide();
    }
    const isFrame = event.target === this.#panel || event.target === this.#bell;
    if (isFrame && this.open && !event.defaultPrevented) step(event, this.#list.links, DOWN_AND_LETTERS);
  }

  /** @param {KeyboardEvent} event */
  #onListKey(event) {
    const menu = /** @type {HTMLElement} */ (event.target).closest('[role=menu]');
    if (menu) {
      if (step(event, /** @type {HTMLElement[]} */ ([...menu.children]), { ...DOWN, ...RIGHT }))
        return event.stopPropagation();
      if (event.key === 'Tab') this.#openMenu(0);
    } else if (step(event, this.#list.links, DOWN_AND_LETTERS)) return event.stopPropagation();
    const row = this.#list.rowOf(event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const deed = deedsOf(row).find(([, key]) => key.toLowerCase() === event.key.toLowerCase());
    if (!deed) return;
    event.preventDefault();
    this.#do(row, deed[0]);
  }

  /** @param {KeyboardEvent} event */
  #onTabKey(event) {
    const isRight = this.#tabs.matches(':dir(rtl)');
    const tab = step(event, [...this.#tabs.children], isRight ? LEFT : RIGHT);
    if (!tab) return;
    event.stopPropagation();
    tab.click();
  }

  #tick() {
    this.#list.tick(this.#texts);
  }
}
