// What the user does to notifications, and takes back.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { make } from './dom.js';

const UNDO_MS = 8000;
const HOLD_SECONDS = 120; // what cannot be undone is sent this late at the latest, should nobody release it

/** `element` says what was done. @param {import('./element.js').NotificationInbox} host */
export function deedsOf(host) {
  const element = make('div.notice.undo', { role: 'status' });
  /** @type {{undo: () => void, settle: () => void} | null} */ let last = null;
  /** @type {any} */ let timer;
  let seenUpTo = 0;

  /** @param {T.Verb} verb @param {T.Selection} which */
  const mark = (verb, which) => {
    host.client?.mark(verb, which).catch(() => {}); // `refused` tells
  };

  /** What was done stays done. */
  const settle = () => {
    clearTimeout(timer);
    last?.settle();
    last = null;
    element.replaceChildren();
  };

  /** Whether there was anything to take back. */
  const takeBack = () => {
    if (!last) return false;
    const hadFocus = element.matches(':focus-within');
    last.undo();
    last = null;
    settle();
    if (hadFocus) host.panel.element.focus();
    return true;
  };

  const wait = () => {
    clearTimeout(timer);
    // As long as somebody is at it.
    timer = setTimeout(() => (element.matches(':hover, :focus-within') ? wait() : settle()), UNDO_MS);
  };

  /** @param {string} text @param {...Node} more */
  const tell = (text, ...more) => {
    element.replaceChildren(make('span', {}, text), ...more);
    wait();
  };

  /** @param {T.Verb} verb @param {number} n @param {() => void} undo */
  const offer = (verb, n, undo, onSettled = () => {}) => {
    settle();
    last = { undo, settle: onSettled };
    tell(
      host.words.say(`did_${verb}`, { n }),
      make('button.undo-button', { 'aria-keyshortcuts': 'Control+Z', click: takeBack }, host.words.say('undo')),
    );
  };

  /**
   * Shown at once, sent when it can no longer be taken back.
   * @param {T.Verb} verb @param {T.Selection} which @param {number} n
   */
  const hold = (verb, which, n) => {
    /** @type {string[]} */ const held = [];
    const { client } = host;
    mark(verb, { ...which, holdSeconds: HOLD_SECONDS, onBegin: (id) => held.push(id) });
    offer(
      verb,
      n,
      () => held.forEach((id) => client?.cancel(id)),
      () => held.forEach((id) => client?.release(id)),
    );
  };

  /**
   * Done at once, and taken back by its opposite. What was held is sent before it, so that the last wish counts.
   * @param {T.Verb} verb @param {number[]} ids
   */
  const act = (verb, ids) => {
    const opposite = /** @type {T.Verb} */ (verb.startsWith('un') ? verb.slice(2) : `un${verb}`);
    offer(verb, ids.length, () => mark(opposite, { ids }));
    mark(verb, { ids });
  };

  return {
    element,
    mark,
    settle,
    takeBack,
    tell,

    /** @param {T.Notification} row @param {T.Verb} verb */
    one({ id }, verb) {
      if (verb === 'delete') hold(verb, { ids: [id] }, 1);
      else act(verb, [id]);
    },

    /** All that are shown now are read; what comes meanwhile stays unread. */
    readShown() {
      const client = /** @type {import('./client.js').InboxClient} */ (host.client);
      const { unread, rows: all } = client.store.view;
      const [name, value] = host.query.split('=').map(decodeURIComponent);
      const identifier = name === 'identifier' ? value : undefined;
      const rows = all.filter((row) => !row.archived_at && (!identifier || row.identifier === identifier));
      const ids = rows.filter((row) => !row.is_read).map(({ id }) => id);
      const isWhole = identifier ? !client.hasMore(host.query) : ids.length === unread;
      if (!rows.length || (isWhole && !ids.length)) return;
      // Of those that are not held nobody knows which were unread, so they can only be left alone for a while.
      if (isWhole) act('read', ids);
      else hold('read', { up_to: rows[0].id, identifier }, identifier ? ids.length : unread);
    },

    /** What an open panel shows is seen; `anew` when it has just been opened. */
    see(anew = false) {
      if (anew) seenUpTo = 0;
      const view = host.client?.store.view;
      const newest = view?.rows.find((row) => !row.archived_at)?.id ?? 0;
      if (document.hidden || !view?.unseen || newest <= seenUpTo) return;
      seenUpTo = newest;
      mark('seen', { up_to: newest });
    },
  };
}
