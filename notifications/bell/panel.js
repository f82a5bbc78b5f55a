// The panel: its frame with the heading, the lists and what is said around them; open or closed.

import { choiceOf } from './choice.js';
import { contentsOf } from './contents.js';
import { CROSS, TICKS, icon, make } from './dom.js';
import { noticeOf } from './notice.js';
import { placeOf } from './place.js';
import { sheetOf } from './styles.js';

const AGO_MS = 20_000;

/**
 * @param {import('./element.js').NotificationInbox} host
 * @param {string} name
 * @param {(event: KeyboardEvent) => void} onListKey
 */
export function panelOf(host, name, onListKey) {
  const { bell, deeds } = host;
  const sheet = sheetOf();
  const heading = make('h2.title', { id: `${name}-title` });
  const readAll = make('button.read-all', { click: () => deeds.readShown() }, icon(TICKS));
  const close = make('button.close', { click: () => host.hide() }, icon(CROSS));
  const notice = noticeOf(host);
  const contents = contentsOf(host, `${name}-lists`, onListKey);
  const { list } = contents;
  const choice = choiceOf(host, name, contents.element);
  const element = make(
    'div.panel',
    { popover: 'manual', role: 'dialog', tabIndex: -1, 'aria-labelledby': heading.id },
    make('div.header', {}, make('slot', { name: 'header' }, heading), readAll, close),
    choice.element,
    notice.element,
    contents.element,
    deeds.element,
  );
  /** @type {AbortController | null} */ let outside = null;
  /** @type {any} */ let clock;

  const place = () => sheet.replaceSync(placeOf(element, bell.element));

  return {
    element,
    list,
    sheet,

    show() {
      element.showPopover();
      outside = new AbortController();
      const { signal } = outside;
      document.addEventListener('pointerdown', (event) => event.composedPath().includes(host) || host.hide(false), {
        signal,
      });
      for (const type of ['resize', 'scroll']) addEventListener(type, place, { signal, passive: true });
      const tick = () => list.tick(host.words);
      clock = setInterval(tick, AGO_MS);
      tick(); // its rows are those of when it was last open
      place();
    },

    hide() {
      outside?.abort();
      clearInterval(clock);
      element.hidePopover();
    },

    draw() {
      choice.draw();
      notice.draw();
      contents.draw(element);
      readAll.disabled = !host.client?.store.view.unread;
    },

    /** From the top of another list. */
    turn() {
      list.reset();
      contents.element.scrollTop = 0;
    },

    /** In other words. */
    translate() {
      heading.textContent = host.words.say('title');
      for (const [key, button] of Object.entries({ readAll, close }))
        button.ariaLabel = button.title = host.words.say(key);
      list.reset();
      choice.element.replaceChildren();
    },
  };
}
