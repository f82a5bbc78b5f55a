// The words of the bell: English here, other languages in files beside it, loaded when they are asked for.

/** @type {Record<string, string | Record<string, string>>} */
const ENGLISH = {
  dir: 'ltr',
  title: 'Notifications',
  withNew: 'Notifications, {n} new',
  withUnread: 'Notifications, {n} unread',
  all: 'All',
  unread: 'Unread',
  archived: 'Archived',
  empty: 'You are all caught up.',
  emptyUnread: 'Nothing unread.',
  emptyArchived: 'Nothing archived.',
  loading: 'Loading…',
  more: 'Show more',
  connecting: 'Connecting…',
  offline: 'No connection. You see what was last known; what you change is kept and sent later.',
  polling: 'Live updates are blocked here; looking for news every few seconds.',
  signedOut: 'Your session has ended. Sign in again to see your notifications.',
  forbidden: 'These notifications are not for you.',
  refused: 'The connection was refused.',
  retry: 'Try again',
  close: 'Close',
  dismiss: 'Dismiss: {title}',
  readAll: 'Mark all read',
  actions: 'Actions: {title}',
  do_read: 'Mark read',
  do_unread: 'Mark unread',
  do_archive: 'Archive',
  do_unarchive: 'Move back',
  do_delete: 'Delete',
  did_read: 'Marked {n} read.',
  did_unread: 'Marked unread.',
  did_archive: 'Archived.',
  did_unarchive: 'Moved back.',
  did_delete: 'Deleted.',
  undo: 'Undo',
  failed: 'That was refused: {detail}',
  isUnread: 'Unread',
  high: 'Important',
  urgent: 'Urgent',
  isNew: 'New notification: {title}',
  areNew: { one: '{n} new notification', other: '{n} new notifications' },
};

const SHIPPED = ['ar', 'de', 'es', 'fr', 'ja'];

/** What was loaded, by language. @type {Record<string, Promise<typeof ENGLISH>>} */
const loaded = {};

/** One language, with what the page says differently. */
export class Texts {
  locale;
  #words;
  #plural;
  #number;
  #relative;

  /** @param {string} language @param {Partial<typeof ENGLISH>} words */
  constructor(language, words) {
    this.locale = language;
    this.#plural = new Intl.PluralRules(language);
    this.#words = { ...ENGLISH, ...words };
    this.#number = new Intl.NumberFormat(language);
    this.#relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  }

  /**
   * The texts of a language, as soon as they are here.
   * @param {string} language
   * @param {Partial<typeof ENGLISH>} [own]
   */
  static async of(language, own) {
    if (!/^[a-z]{2,3}(-[a-z\d]{2,8})*$/i.test(language)) language = 'en'; // Intl would throw
    const [name] = language.toLowerCase().split('-');
    if (SHIPPED.includes(name))
      loaded[name] ??= fetch(new URL(`locales/${name}.json`, import.meta.url)).then((answer) => answer.json());
    return new Texts(language, { ...(await loaded[name]?.catch(() => ({}))), ...own });
  }

  /** @param {string} key @param {Record<string, string | number>} values `n` chooses the plural */
  say(key, values = {}) {
    const words = this.#words[key] ?? key;
    const text = typeof words === 'string' ? words : (words[this.#plural.select(Number(values.n))] ?? words.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name] ?? whole;
      return typeof value === 'number' ? this.#number.format(value) : value;
    });
  }

  /** "5 minutes ago", and a date when it is longer ago than a week. @param {string} time */
  ago(time) {
    const then = new Date(time);
    const seconds = Math.min(0, (then.getTime() - Date.now()) / 1000);
    if (seconds > -45) return this.#relative.format(0, 'second');
    if (seconds > -45 * 60) return this.#relative.format(Math.round(seconds / 60), 'minute');
    if (seconds > -22 * 3600) return this.#relative.format(Math.round(seconds / 3600), 'hour');
    if (seconds > -7 * 86400) return this.#relative.format(Math.round(seconds / 86400), 'day');
    return then.toLocaleDateString(this.locale, { dateStyle: 'medium' });
  }

  /** The moment itself. @param {string} time */
  moment(time) {
    return new Date(time).toLocaleString(this.locale, { dateStyle: 'full', timeStyle: 'short' });
  }
}
