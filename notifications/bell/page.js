// What the page tells of itself: it is looked at, the network came or went, it goes.

/** @param {AbortSignal} signal until when @param {import('./client.js').InboxClient} client */
export function listen(signal, client) {
  if (!globalThis.document) return;
  const { link, queue, tabs } = client;
  const hurry = () => link.hurry();
  const look = () => {
    tabs.look();
    if (!document.hidden) hurry();
  };
  for (const type of ['online', 'offline']) addEventListener(type, hurry, { signal });
  addEventListener('focus', () => tabs.look(), { signal });
  document.addEventListener('visibilitychange', look, { signal });
  const leave = () => {
    // What this page waits for is sent without it, twice at worst, which changes nothing; other tabs may still undo.
    if (!client.isPaused) {
      for (const { id, verb, at, seq, ...which } of queue.waited) {
        if (seq === undefined) link.rest.leave('/mark', { action: verb, ...which });
        client.release(id); // or the tab that leads would send it late, over what is wished meanwhile
      }
    }
    client.stop();
    // It may come back from the back-forward cache.
    addEventListener('pageshow', () => client.start(), { once: true });
  };
  addEventListener('pagehide', leave, { signal });
}
