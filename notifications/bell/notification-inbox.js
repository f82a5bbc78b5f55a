// What the served file exports: the element, which it defines, and the headless client.

// In this order the file compresses best.
export { InboxSocket } from './socket.js';
export { InboxStore } from './store.js';
export { InboxClient } from './client.js';
import { NotificationInbox } from './element.js';

export { NotificationInbox };

// Twice on a page, from two addresses, is one element; in Node there are none.
if (globalThis.customElements && !customElements.get('notification-inbox'))
  customElements.define('notification-inbox', NotificationInbox);
