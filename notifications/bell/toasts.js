// What has just arrived, for who is looking elsewhere: a few cards that go by themselves, a sentence for readers.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { CROSS, icon, make } from './dom.js';
import { wordsOf } from './item.js';

const SHOWN = 3;
const GATHER_MS = 400; // what arrives together is said together
const STAY_MS = 7000;

/**
 * `element` holds the cards, `voice` is the polite live region.
 * @param {import('./element.js').NotificationInbox} host
 */
export function toastsOf(host) {
  const element = make('section.toasts', { popover: 'manual' });
  const voice = make('p.hush', { role: 'status' });
  /** @type {{row: T.Notification, isShown: boolean}[]} */ let gathered = [];
  /** @type {any} */ let timer;

  /** @returns {HTMLElement[]} */
  const cards = () => [...element.children];

  /** @param {HTMLElement} card */
  const close = (card) => {
    const isFocused = card.matches(':focus-within');
    card.remove();
    if (isFocused) host.bell.element.focus();
    if (!element.children.length && element.isConnected) element.hidePopover();
  };

  /** Not while it is pointed at, focused, or nobody can see it. @param {HTMLElement} card */
  const leaveLater = (card) => {
    setTimeout(() => {
      if (!card.isConnected) return;
      if (document.hidden || card.matches(':hover, :focus-within')) leaveLater(card);
      else close(card);
    }, STAY_MS);
  };

  /**
   * @param {HTMLElement} link @param {string} title @param {string} priority
   * @param {(event: Event) => void} onClick
   */
  const show = (link, title, priority, onClick) => {
    link.addEventListener('click', (event) => {
      onClick(event);
      close(card);
    });
    const cross = make(
      'button.dismiss',
      { ariaLabel: host.words.say('dismiss', { title }), click: () => close(card) },
      icon(CROSS),
    );
    const card = make(`div.toast.${priority}`, {}, link, cross);
    element.append(card);
    if (priority !== 'urgent') leaveLater(card);
    return card;
  };

  /** @param {T.Notification} row */
  const showOne = (row) => {
    const look = host.look();
    const card = show(wordsOf(row, look), row.title, row.priority, (event) => look.onClick(row, event));
    card.dataset.id = row.id;
  };

  /** @param {number} n */
  const showSum = (n) => {
    const title = host.words.say('areNew', { n });
    show(make('button.link', {}, title), title, 'normal', () => host.show());
  };

  const flush = () => {
    timer = undefined;
    const rows = gathered.map(({ row }) => row);
    const shown = gathered.filter(({ isShown }) => isShown).map(({ row }) => row);
    gathered = [];
    const { words } = host;
    voice.textContent =
      rows.length === 1 ? words.say('isNew', { title: rows[0].title }) : words.say('areNew', { n: rows.length });
    if (!shown.length) return;
    const calm = shown.filter(({ priority }) => priority !== 'urgent');
    shown.filter(({ priority }) => priority === 'urgent').forEach(showOne);
    if (calm.length > SHOWN) showSum(calm.length);
    else calm.forEach(showOne);
    cards()
      .filter((card) => !card.matches('.urgent'))
      .slice(0, -SHOWN)
      .forEach(close);
    element.ariaLabel = words.say('title');
    element.showPopover();
  };

  return {
    element,
    voice,

    /** @param {T.Notification} row @param {boolean} isShown */
    add(row, isShown) {
      gathered.push({ row, isShown });
      timer ??= setTimeout(flush, GATHER_MS);
    },

    /** Those are dealt with: read, archived or deleted, on whatever device. @param {(id: number) => boolean} isDone */
    settle(isDone) {
      for (const card of cards()) if (card.dataset.id && isDone(Number(card.dataset.id))) close(card);
    },

    clear() {
      cards().forEach(close);
    },
  };
}
