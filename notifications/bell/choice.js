// The tabs of the panel: which of the lists is shown.

import { LEFT, RIGHT, step } from './keys.js';
import { make } from './dom.js';

/**
 * `lists` is what the tabs are of.
 * @param {import('./element.js').NotificationInbox} host @param {string} name @param {HTMLElement} lists
 */
export function choiceOf(host, name, lists) {
  const element = make('div.tabs', {
    role: 'tablist',
    keydown: (/** @type {KeyboardEvent} */ event) => {
      const tab = step(event, [...element.children], element.matches(':dir(rtl)') ? LEFT : RIGHT);
      if (!tab) return;
      event.stopPropagation();
      tab.click();
    },
  });

  const fill = () => {
    const own = (host.getAttribute('identifiers') ?? '').trim().split(/\s*,\s*/).filter(Boolean);
    const tabs = [
      ['', 'all'],
      ['status=unread', 'unread'],
      ['status=archived', 'archived'],
      ...own.map((identifier) => [`identifier=${encodeURIComponent(identifier)}`, identifier]),
    ];
    if (!tabs.some(([query]) => query === host.query)) host.query = '';
    element.append(
      ...tabs.map(([query, words], n) =>
        make(
          'button.tab',
          {
            role: 'tab',
            id: `${name}-tab-${n}`,
            'aria-controls': lists.id,
            value: query,
            click: () => host.choose(query),
          },
          host.words.say(words),
        ),
      ),
    );
  };

  const draw = () => {
    if (!element.children.length) fill();
    for (const tab of element.children) {
      const isChosen = tab.value === host.query;
      tab.ariaSelected = isChosen;
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen) lists.setAttribute('aria-labelledby', tab.id);
    }
  };

  return { element, draw };
}
