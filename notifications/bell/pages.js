// The next page of a list, which goes on beyond what the device holds.

/**
 * Fetch it into the store.
 * @param {import('./client.js').InboxClient} client @param {string} query @param {number} size
 */
export async function fetchPage(client, query, size) {
  const { store, link } = client;
  const { pages, epoch } = store;
  const page = (pages[query] ??= { floor: Infinity });
  if (page.isLoading || page.next === null) return;
  page.isLoading = true;
  page.hasFailed = false;
  client.tellChange();
  const known = store.list(query).length;
  try {
    do {
      // the first pages may hold nothing but what is known
      const body = await link.rest.ask('GET', `?${page.next ?? `limit=${size}${query && `&${query}`}`}`);
      page.hasFailed = body.epoch !== epoch; // a snapshot will come
      if (store.pages[query] !== page || page.hasFailed) break; // or has come in between
      page.next = body.next && new URL(body.next).search.slice(1);
      page.floor = page.next ? body.results.at(-1).id : 0;
      if (!query) store.floor = Math.min(store.floor, page.floor);
      store.merge(body.results);
    } while (page.next && store.list(query).length === known);
  } catch {
    page.hasFailed = true;
  }
  page.isLoading = false;
  client.tellChange();
}
