// What is to be said of the connection.

import { make } from './dom.js';

/** The line, and what draws it anew. @param {import('./element.js').NotificationInbox} host */
export function noticeOf(host) {
  const element = make('div.notice', { role: 'status' });
  const draw = () => {
    const client = /** @type {import('./client.js').InboxClient} */ (host.client);
    const { state, code } = client;
    const key = state === 'closed' ? ({ 401: 'signedOut', 403: 'forbidden' }[code % 4000] ?? 'refused') : state;
    const text = state === 'live' ? '' : host.words.say(key);
    if (element.dataset.text === text) return;
    element.dataset.text = text;
    element.replaceChildren(
      ...(text ? [make('span', {}, text)] : []),
      ...(state === 'closed' ? [make('button.retry', { click: () => client.retry() }, host.words.say('retry'))] : []),
    );
  };
  return { element, draw };
}
