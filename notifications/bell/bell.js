// The bell itself: a button with a badge, whose count goes to the title and the app's icon when a page asks for it.

import { BELL, icon, make } from './dom.js';

/** The button, and what draws its count anew. @param {import('./element.js').NotificationInbox} host */
export function bellOf(host) {
  const badge = make('span.badge', { hidden: true, ariaHidden: 'true' });
  const element = make(
    'button.bell',
    { ariaHasPopup: 'dialog', ariaExpanded: 'false', click: () => (host.open ? host.hide() : host.show()) },
    make('slot', { name: 'bell' }, icon(BELL)),
    badge,
  );

  const draw = () => {
    const isUnread = host.getAttribute('badge') === 'unread';
    const n = host.counts[isUnread ? 'unread' : 'unseen'];
    const { words } = host;
    const [shown, plus] = n > 99 ? [99, '+'] : [n, ''];
    badge.hidden = !n;
    badge.textContent = words.say('{n}', { n: shown }) + plus;
    element.ariaLabel = n ? words.say(isUnread ? 'withUnread' : 'withNew', { n }) : words.say('title');
    if (host.hasAttribute('title-count'))
      document.title = (n ? `(${shown}${plus}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '');
    if (host.hasAttribute('app-badge')) /** @type {any} */ (navigator).setAppBadge?.(n).catch(() => {});
  };

  return { element, draw };
}
