// What the page tells of itself: it is looked at, the network came or went, it goes.

/** @param {AbortSignal} signal until when @param {import('./client.js').InboxClient} client */
export function listen(signal, client) {
  if (!globalThis.document) return;
  const { link, tabs, store } = client;
  const hurry = () => link.hurry();
  const look = () => {
    tabs.look();
    if (!document.hidden) hurry();
  };
  for (const type of ['online', 'offline']) addEventListener(type, hurry, { signal });
  addEventListener('focus', () => tabs.look(), { signal });
  document.addEventListener('visibilitychange', look, { signal });
  const leave = () => {
    // What waits is sent without the page, twice at worst, which changes nothing.
    if (tabs.leads && !client.isPaused) {
      for (const { id, verb, at, seq, ...which } of store.ops)
        if (seq === undefined) link.rest.leave('/mark', { action: verb, ...which });
    }
    client.stop();
    // It may come back from the back-forward cache.
    addEventListener('pageshow', () => client.start(), { once: true });
  };
  addEventListener('pagehide', leave, { signal });
}
