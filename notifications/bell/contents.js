// What the chosen list holds: its rows, or why there are none, and the way to older ones.

import { make } from './dom.js';
import { List } from './list.js';

/**
 * @param {import('./element.js').NotificationInbox} host
 * @param {string} id
 * @param {(event: KeyboardEvent) => void} onKey
 */
export function contentsOf(host, id, onKey) {
  const list = new List(onKey);
  const reason = make('p');
  const none = make('div.empty', {}, make('slot', { name: 'empty' }, reason));
  const load = () => host.client?.more(host.query);
  const more = make('button.more', { click: load });
  const end = make('div.end', {}, more);
  const element = make('div.lists', { id, role: 'tabpanel' }, list.element, none, end);

  const canLoad = () =>
    /^(live|polling)$/.test(host.connection) && !host.client?.store.pages[host.query]?.hasFailed;
  const observer = new IntersectionObserver(
    (looks) => looks.pop()?.isIntersecting && canLoad() && load(),
    // The root is the window: on low screens the panel scrolls. Browsers older than 2025 load when the end is seen.
    // @ts-expect-error It is newer than TypeScript's list.
    { rootMargin: '300px', scrollMargin: '300px' },
  );
  observer.observe(end);

  /** @param {HTMLElement} refuge where the focus goes when the last row does */
  const draw = (refuge) => {
    const { query, words } = host;
    const client = /** @type {import('./client.js').InboxClient} */ (host.client);
    const { store } = client;
    const page = store.pages[query];
    const isMine = client.state !== 'closed' || client.code % 4000 !== 403;
    const rows = isMine ? store.list(query) : [];
    const hasMore = isMine && store.epoch !== null && client.hasMore(query);
    const isLoading =
      !rows.length &&
      ((store.epoch === null && client.state === 'connecting') || page?.isLoading || (hasMore && canLoad()));
    list.draw(rows, host.menu, host.look(), refuge);
    reason.textContent = words.say(
      isLoading ? 'loading' : ({ unread: 'emptyUnread', archived: 'emptyArchived' }[query.split('=')[1]] ?? 'empty'),
    );
    element.ariaBusy = !!isLoading;
    // Without a connection or the right to look, an empty list would be a guess.
    none.hidden = rows.length > 0 || (store.epoch === null && !isLoading) || !isMine;
    end.hidden = !hasMore || (!rows.length && !page?.hasFailed);
    more.textContent = words.say(page?.hasFailed ? 'retry' : page?.isLoading ? 'loading' : 'more');
    if (hasMore && !rows.length && !page && canLoad()) load();
    if (page?.next) {
      // It tells of the end coming into view, not of an end that is still there after rows came: look anew.
      observer.disconnect();
      observer.observe(end);
    }
  };

  return { element, list, draw };
}
