// The types of notification-inbox.js: the element, the headless client, and the frames of docs/protocol.md.

export type Verb = 'read' | 'unread' | 'seen' | 'archive' | 'unarchive' | 'delete';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
/** `offline`: comes back by itself. `polling`: the socket is blocked, REST is not. `closed`: until `retry()`. */
export type ConnectionState = 'connecting' | 'live' | 'polling' | 'offline' | 'closed';

export interface Notification {
  id: number;
  user_id: number | string;
  seq: number;
  title: string;
  description: string;
  identifier: string;
  data: Record<string, unknown>;
  action_url: string | null;
  priority: Priority;
  is_read: boolean;
  read_at: string | null;
  seen_at: string | null;
  archived_at: string | null;
  created_at: string;
  updated_at: string;
  expires_at: string | null;
}
export interface Tombstone {
  id: number;
  seq: number;
  deleted: true;
}

// Frames, server → client

export interface Welcome {
  type: 'welcome';
  epoch: string;
  seq: number;
  unread: number;
  unseen: number;
  heartbeat_seconds: number;
}
export interface Snapshot {
  type: 'snapshot';
  reason: string;
  epoch: string;
  to: number;
  unread: number;
  unseen: number;
  items: Notification[];
  more: boolean;
  /** Not of the server: unread ones that the client fetched because the snapshot left them out. */
  older?: Notification[];
}
export interface Changes {
  type: 'changes';
  from: number;
  to: number;
  unread: number;
  unseen: number;
  more: boolean;
  items: (Notification | Tombstone)[];
}
export interface Heartbeat {
  type: 'heartbeat';
  seq: number;
  unread: number;
  unseen: number;
}
export type Answer =
  | { type: 'ok'; id: string | number | null; seq: number; changed: number }
  | { type: 'error'; id: string | number | null; code: string; detail: string };
export interface Bye {
  type: 'bye';
  code: number;
  reason: string;
  retry_after?: [number, number];
}
export type Frame = Welcome | Snapshot | Changes | Heartbeat | Answer | Bye;

// The store

/** What `apply` asks for: `news` to announce, by id; a seq to sync from when there is a gap. */
export interface Outcome {
  news: Notification[];
  sync: number | null;
}
export interface View {
  rows: Notification[];
  unread: number;
  unseen: number;
}
export interface Which {
  ids?: number[];
  up_to?: number;
  identifier?: string;
}
/** A change the user wants; not sent before `at` (milliseconds), done on the server at `seq`. */
export interface Operation extends Which {
  id: string;
  verb: Verb;
  at: number;
  seq?: number;
}
export interface Page {
  next?: string | null;
  floor: number;
  /** @internal has another name in the served file */
  isLoading?: boolean;
  /** @internal has another name in the served file */
  hasFailed?: boolean;
}
export interface State {
  epoch: string | null;
  seq: number;
  unread: number;
  unseen: number;
  announced: number;
  floor: number;
  newest: string;
  heardUntil: string;
  unheard: number[];
  items: Notification[];
}

export class InboxStore {
  constructor(options?: { history?: boolean; capacity?: number });
  items: Map<number, Notification>;
  epoch: string | null;
  seq: number;
  unread: number;
  unseen: number;
  announced: number;
  floor: number;
  ops: Operation[];
  pages: Record<string, Page>;
  readonly view: View;
  apply(frame: Frame): Outcome;
  lacksOlder(snapshot: Snapshot): boolean;
  isUnheard(item: Notification, epoch?: string | null): boolean;
  merge(rows: Notification[]): void;
  list(query?: string): Notification[];
  begin(operation: Operation): void;
  settle(id: string, seq?: number): void;
  dump(limit?: number): State;
  load(state: State): void;
}

// The socket

/** The part of a WebSocket constructor that is used: the browser's, Node's, or that of the package `ws`. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
) => {
  send(text: string): void;
  close(): void;
  addEventListener(type: any, listener: (event: any) => void): void;
};
export interface SocketOptions {
  WebSocket: WebSocketConstructor;
  address: () => string;
  token: () => Promise<string | null>;
  /** After 4401: another token, null when there is none; it throws when it may be had later. */
  renew: () => Promise<string | null>;
  onFrame: (frame: any) => void;
  onWait: () => void;
  onEnd: (code: number, reason: string) => void;
}

export class InboxSocket {
  constructor(options: SocketOptions);
  live: boolean;
  failures: number;
  open(): void;
  close(): void;
  send(frame: object): boolean;
  hurry(): void;
  fail(): void;
}

// The client

export interface Storage {
  get(key: string): Promise<any>;
  set(key: string, value: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}
export interface Edit {
  cancel?: string;
  release?: string;
}
export interface QueueOptions {
  deliver: (operation: Operation) => boolean;
  onRefused: (operation: Operation, error: { code: string; detail: string }) => void;
}
export type TokenProvider = () => Promise<string | null | undefined> | string | null | undefined;
export interface ClientOptions {
  /** Where the API is mounted, without `/notifications`: `https://notify.example.com`, `/inbox`; else the origin. */
  endpoint?: string;
  /** Where the sockets are, when that is not `endpoint`. */
  socketEndpoint?: string;
  userId?: number | string;
  token?: string | null;
  /** Asked for a token when there is none, before it expires, and after the server has refused it. */
  tokenProvider?: TokenProvider | null;
  csrfToken?: string;
  credentials?: RequestCredentials;
  /** Keeps devices of one user in one browser apart. */
  device?: string;
  pageSize?: number;
  pollSeconds?: number;
  /** One socket for all tabs; in a browser by default. */
  share?: boolean;
  /** Where rows, cursor and queue are kept; IndexedDB in a browser by default, null for nowhere. */
  storage?: Storage | null;
  /** Announce the unread ones of the first snapshot. */
  history?: boolean;
  capacity?: number;
  WebSocket?: WebSocketConstructor;
  fetch?: typeof fetch;
}
export interface Selection extends Which {
  holdSeconds?: number;
  onBegin?: (id: string) => void;
}
export interface ClientEvents {
  change: undefined;
  notification: { notification: Notification; toast: boolean };
  counts: { unread: number; unseen: number };
  connection: { state: ConnectionState; code: number };
  refused: { operation: Operation; code: string; detail: string };
}

export class InboxClient extends EventTarget {
  constructor(options: ClientOptions);
  readonly store: InboxStore;
  readonly state: ConnectionState;
  readonly code: number;
  readonly isPaused: boolean;
  start(): Promise<void>;
  stop(): void;
  pause(isPaused?: boolean): void;
  resume(): void;
  retry(): void;
  forget(): Promise<void>;
  authenticate(token: string): void;
  mark(verb: Verb, which: Selection): Promise<number>;
  cancel(id: string): void;
  release(id: string): void;
  hasMore(query?: string): boolean;
  more(query?: string): Promise<void>;
  addEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: (event: CustomEvent<ClientEvents[K]>) => void,
    options?: AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
}

// The element

/** A text, or one for each plural category of `Intl.PluralRules`. */
export type Words = Record<string, string | Record<string, string>>;
/** What is needed to show a notification. */
export interface Look {
  isOpen: boolean;
  texts: {
    say(key: string, values?: Record<string, string | number>): string;
    ago(time: string): string;
    moment(time: string): string;
  };
  renderItem?: ((notification: Notification) => Node | string | null) | null;
  onClick(row: Notification, event: Event): void;
  onMenu(row: Notification): void;
  onDeed(row: Notification, verb: Verb): void;
}
export interface NotificationInboxEvents {
  notification: CustomEvent<ClientEvents['notification']>;
  'notification-click': CustomEvent<{ notification: Notification }>;
  counts: CustomEvent<ClientEvents['counts']>;
  connection: CustomEvent<ClientEvents['connection']>;
}

export class NotificationInbox extends HTMLElement {
  readonly client: InboxClient | null;
  readonly open: boolean;
  readonly counts: { unread: number; unseen: number };
  readonly connection: ConnectionState;
  tokenProvider?: TokenProvider | null;
  renderItem?: ((notification: Notification) => Node | string | null) | null;
  texts?: Words;
  /** After `renderItem` or `texts` were given anew. */
  refresh(): void;
  show(): void;
  hide(returnsFocus?: boolean): void;
  pause(): void;
  resume(): void;
  forget(): Promise<void>;
  addEventListener<K extends keyof NotificationInboxEvents>(
    type: K,
    listener: (event: NotificationInboxEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'notification-inbox': NotificationInbox;
  }
}
