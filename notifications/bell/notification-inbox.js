// What the served file exports: the element, which it defines, and the headless client.

import { NotificationInbox } from './element.js';

export { InboxClient } from './client.js';
export { InboxSocket } from './socket.js';
export { InboxStore } from './store.js';
export { NotificationInbox };

// Twice on a page, from two addresses, is one element; in Node there are none.
if (globalThis.customElements && !customElements.get('notification-inbox'))
  customElements.define('notification-inbox', NotificationInbox);
