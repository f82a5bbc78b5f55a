// One row of the list: what it says, where it leads, and what can be done with it.

/** @import * as T from '../static/notifications/notification-inbox.js' */

import { DOTS, icon, make, safeLink } from './dom.js';

/** Verb and key. @param {T.Notification} row @returns {[T.Verb, string][]} */
export const doable = (row) => [
  [row.is_read ? 'unread' : 'read', 'U'],
  [row.archived_at ? 'unarchive' : 'archive', 'E'],
  ['delete', 'Delete'],
];

/** The link or button with the words of a notification. @param {T.Notification} row @param {T.Look} look */
export function wordsOf(row, { texts, renderItem }) {
  const href = safeLink(row.action_url);
  const isLoud = ['high', 'urgent'].includes(row.priority);
  const own = renderItem?.(row);
  const words = own
    ? [own]
    : [
        make('span.title', { dir: 'auto' }, row.title),
        row.description && make('span.description', { dir: 'auto' }, row.description),
        make(
          'span.meta',
          {},
          isLoud && make('span.priority', {}, texts.say(row.priority)),
          make(
            'time.time',
            { dateTime: row.created_at, title: texts.moment(row.created_at) },
            texts.ago(row.created_at),
          ),
        ),
      ];
  return make(
    href ? 'a.link' : 'button.link',
    href ? { href, rel: 'noopener' } : {},
    !row.is_read && make('span.dot'),
    !row.is_read && make('span.hush', {}, `${texts.say('isUnread')}: `),
    make('slot', { name: `item-${row.id}` }, ...words),
  );
}

/** @param {T.Notification} row @param {T.Look} look */
export function itemOf(row, look) {
  const { texts, isOpen, onClick, onMenu, onDeed } = look;
  const link = wordsOf(row, look);
  link.addEventListener('click', (/** @type {Event} */ event) => onClick(row, event));
  const ariaLabel = texts.say('actions', { title: row.title });
  const menu =
    isOpen &&
    make(
      'div.menu',
      { role: 'menu', ariaLabel },
      ...doable(row).map(([verb, key]) =>
        make(
          'button.menu-item',
          { role: 'menuitem', tabIndex: -1, 'aria-keyshortcuts': key, click: () => onDeed(row, verb) },
          texts.say(`do_${verb}`),
        ),
      ),
    );
  const dots = make(
    'button.menu-button',
    { ariaHasPopup: 'menu', ariaExpanded: isOpen, ariaLabel, click: () => onMenu(row) },
    icon(DOTS),
  );
  return make(`li.item.${row.is_read ? 'read' : 'unread'}.${row.priority}`, {}, make('div.row', {}, link, dots), menu);
}
