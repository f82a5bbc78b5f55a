// The module under test: the file that is served, or the source when NOTIFICATION_INBOX names it.
export const { InboxClient, InboxSocket, InboxStore } = await import(
  process.env.NOTIFICATION_INBOX ??
    new URL('../../notifications/static/notifications/notification-inbox.js', import.meta.url)
);
