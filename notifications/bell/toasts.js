// What has just arrived, for who is looking elsewhere: a few cards that go by themselves, a sentence for readers.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { CROSS, icon, make } from './dom.js';
import { wordsOf } from './item.js';

const SHOWN = 3;
const GATHER_MS = 400; // what arrives together is said together
const STAY_MS = 7000;

export class Toasts {
  element = make('section.toasts', { popover: 'manual' });
  /** The polite live region. */ voice = make('p.hush', { role: 'status' });
  /** @type {{row: T.Notification, isShown: boolean}[]} */ #gathered = [];
  /** @type {any} */ #timer;
  #options;

  /** @param {T.ToastOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {T.Notification} row @param {boolean} isShown */
  add(row, isShown) {
    this.#gathered.push({ row, isShown });
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  /** Those are dealt with: read, archived or deleted, on whatever device. @param {(id: number) => boolean} isDone */
  settle(isDone) {
    for (const card of this.#cards) if (card.dataset.id && isDone(Number(card.dataset.id))) this.#close(card);
  }

  clear() {
    this.#cards.forEach((card) => this.#close(card));
  }

  /** @returns {HTMLElement[]} */
  get #cards() {
    return [...this.element.children];
  }

  #flush() {
    this.#timer = undefined;
    const rows = this.#gathered.map(({ row }) => row);
    const shown = this.#gathered.filter(({ isShown }) => isShown).map(({ row }) => row);
    this.#gathered = [];
    const { texts } = this.#options.look();
    this.voice.textContent =
      rows.length === 1 ? texts.say('isNew', { title: rows[0].title }) : texts.say('areNew', { n: rows.length });
    if (!shown.length) return;
    const calm = shown.filter(({ priority }) => priority !== 'urgent');
    shown.filter((row) => !calm.includes(row)).forEach((row) => this.#show(row));
    if (calm.length > SHOWN) this.#sum(calm.length);
    else calm.forEach((row) => this.#show(row));
    this.#cards
      .filter((card) => !card.matches('.urgent'))
      .slice(0, -SHOWN)
      .forEach((card) => this.#close(card));
    this.element.ariaLabel = texts.say('title');
    this.element.showPopover();
  }

  /** @param {T.Notification} row */
  #show(row) {
    const look = this.#options.look();
    const link = wordsOf(row, look);
    link.addEventListener('click', (/** @type {Event} */ event) => {
      look.onClick(row, event);
      this.#close(card);
    });
    const card = this.#card(link, row.title, row.priority);
    card.dataset.id = String(row.id);
    if (row.priority !== 'urgent') this.#leaveLater(card);
  }

  /** @param {number} n */
  #sum(n) {
    const title = this.#options.look().texts.say('areNew', { n });
    const link = make(
      'button.link',
      {
        click: () => {
          this.#close(card);
          this.#options.onOpen();
        },
      },
      title,
    );
    const card = this.#card(link, title, 'normal');
    this.#leaveLater(card);
  }

  /** @param {Node} link @param {string} title @param {string} priority @returns {HTMLElement} */
  #card(link, title, priority) {
    const { texts } = this.#options.look();
    const cross = make(
      'button.dismiss',
      { ariaLabel: texts.say('dismiss', { title }), click: () => this.#close(card) },
      icon(CROSS),
    );
    const card = make(`div.toast.${priority}`, {}, link, cross);
    this.element.append(card);
    return card;
  }

  /** Not while it is pointed at, focused, or nobody can see it. @param {HTMLElement} card */
  #leaveLater(card) {
    setTimeout(() => {
      if (!card.isConnected) return;
      if (document.hidden || card.matches(':hover, :focus-within')) this.#leaveLater(card);
      else this.#close(card);
    }, STAY_MS);
  }

  /** @param {HTMLElement} card */
  #close(card) {
    const isFocused = card.matches(':focus-within');
    card.remove();
    if (isFocused) this.#options.onLeave();
    if (!this.element.children.length && this.element.isConnected) this.element.hidePopover();
  }
}
