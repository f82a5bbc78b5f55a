// The list: one element for each row, kept while the row stays as it is, and the focus where the user left it.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { make } from './dom.js';
import { itemOf } from './item.js';

export class List {
  element;
  /** @type {Map<number, {row: T.Notification, isOpen: boolean, item: HTMLElement}>} */ #held = new Map();

  /** @param {(event: KeyboardEvent) => void} onKey */
  constructor(onKey) {
    this.element = make('ul.list', { keydown: onKey });
  }

  reset() {
    this.#held.clear();
    this.element.replaceChildren();
  }

  /** The row an element belongs to. @param {EventTarget | null} target */
  rowOf(target) {
    const item = target instanceof Element && target.closest('li');
    return [...this.#held.values()].find((held) => held.item === item)?.row;
  }

  /** The links or buttons of all rows. @returns {HTMLElement[]} */
  get links() {
    return [...this.element.querySelectorAll('.link')];
  }

  /**
   * @param {T.Notification[]} rows
   * @param {number} menu the id whose menu is open
   * @param {T.Look} look
   * @param {HTMLElement} refuge where the focus goes when the last row does
   */
  draw(rows, menu, look, refuge) {
    const active = /** @type {HTMLElement | null} */ (
      /** @type {ShadowRoot} */ (this.element.getRootNode()).activeElement
    );
    const focused = active?.closest('li');
    const kept = new Map();
    const ids = new Set(rows.map(({ id }) => id));
    const gone = [...this.#held].filter(([id]) => !ids.has(id)).map(([, { item }]) => item);
    /** @type {any} */ let heir =
      focused && gone.includes(focused) ? (heirOf(focused, gone) ?? refuge) : null;
    gone.forEach((item) => item.remove());
    let next = this.element.firstElementChild;
    for (const row of rows) {
      const isOpen = menu === row.id;
      const held = this.#held.get(row.id);
      let item = held?.item;
      if (!held || !item || held.row !== row || held.isOpen !== isOpen) {
        const fresh = itemOf(row, { ...look, isOpen });
        if (item && item === focused) heir = counterpart(item, fresh, active);
        if (item && item === heir) heir = fresh;
        if (next === item) next = fresh;
        item?.replaceWith(fresh);
        item = fresh;
      }
      if (item === next) next = next.nextElementSibling;
      else this.element.insertBefore(item, next);
      kept.set(row.id, { row, isOpen, item });
    }
    this.#held = kept;
    (heir?.querySelector('.link') ?? heir)?.focus();
  }

  /** Time has passed. @param {T.Look['texts']} texts */
  tick(texts) {
    for (const { row, item } of this.#held.values()) {
      const time = item.querySelector('time');
      if (time) time.textContent = texts.ago(row.created_at);
    }
  }
}

/**
 * The same control in the new element of a row.
 * @param {Element} old
 * @param {Element} fresh
 * @param {Element | null} active
 * @returns {HTMLElement}
 */
function counterpart(old, fresh, active) {
  const [before, after] = [old, fresh].map((item) => [...item.querySelectorAll('a, button')]);
  // A menu that closes gives the focus back to its button.
  return /** @type {HTMLElement} */ (
    after[Math.min(before.indexOf(/** @type {Element} */ (active)), after.length - 1)]
  );
}

/** The nearest row that stays. @param {Element} item @param {Element[]} gone @returns {any} */
function heirOf(item, gone) {
  for (const step of /** @type {const} */ (['nextElementSibling', 'previousElementSibling'])) {
    for (let other = item[step]; other; other = other[step])
      if (!gone.includes(other)) return other;
  }
  return null;
}
