// What the served file exports: the element, which it defines, and the headless client.

export { InboxClient } from './client.js';
export { InboxSocket } from './socket.js';
export { InboxStore } from './store.js';
