// REST, and the credential it shares with the socket.

/** @import * as T from '../static/notifications/notification-inbox.js' */

const RENEW_AHEAD_SECONDS = 60;
const ANSWER_MS = 30_000; // a link that is half open says nothing for minutes

/** Whether asking again would end the same way. @param {number} status */
export const isFinal = (status) => status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);

/**
 * Whose inbox a user token opens, and until when.
 * @param {string | null | undefined} token
 * @returns {{sub?: string, exp?: number, iat?: number}}
 */
export function claimsOf(token) {
  try {
    return JSON.parse(atob(/** @type {string} */ (token).split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

/** Below `base`, the address of one inbox. `onToken` hears of each new one; the tab that leads renews them. */
export class Rest {
  /** @type {string | null} */ token;
  /** @type {Promise<string | null> | null} */ #asking = null;
  /** @type {any} */ #timer;
  #options;
  #base;
  #tabs;
  #onToken;

  /**
   * @param {T.ClientOptions} options @param {string} base @param {import('./tabs.js').Tabs} tabs
   * @param {(token: string) => void} onToken
   */
  constructor(options, base, tabs, onToken) {
    this.#options = options;
    this.#base = base;
    this.#tabs = tabs;
    this.#onToken = onToken;
    this.token = options.token ?? null;
  }

  /** @param {string} token */
  authenticate(token) {
    this.token = token;
    this.planRenewal(claimsOf(token).iat);
    this.#onToken(token);
  }

  /** A token that has not ended, if there can be one; by a wrong clock a good one has, so better that than none. */
  async usable() {
    const { exp = Infinity } = claimsOf(this.token);
    return (exp * 1000 > Date.now() && this.token) || (await this.renew()) || this.token;
  }

  /** Another token, asked for once however many want it; null when there is nobody to ask. */
  renew() {
    return (this.#asking ??= (async () => {
      try {
        const token = (await this.#options.tokenProvider?.()) ?? null;
        if (token) this.authenticate(token);
        return token;
      } finally {
        this.#asking = null;
      }
    })());
  }

  /**
   * Before the token expires: a quarter of its life ahead, at most a minute. A fresh one says itself what time it is;
   * by a wrong clock it might have ended, and another be asked for all the time.
   */
  planRenewal(now = Date.now() / 1000) {
    this.rest();
    const { exp, iat = 0 } = claimsOf(this.token);
    if (!exp || !this.#options.tokenProvider || !this.#tabs.leads) return;
    const ahead = Math.min(RENEW_AHEAD_SECONDS, (exp - iat) / 4);
    const wait = Math.max(1, exp - ahead - now);
    this.#timer = setTimeout(() => this.renew().catch(() => this.planRenewal()), wait * 1000);
  }

  /** Renew no more. */
  rest() {
    clearTimeout(this.#timer);
  }

  /**
   * The body of the answer, and its ETag; an Error with the `status` for a refusal. A 304 has no body.
   * @param {string} method @param {string} path @param {object} [body] @param {string} [etag]
   * @returns {Promise<any>}
   */
  async ask(method, path, body, etag, isAgain = false) {
    const { token } = this;
    const answer = await this.#fetch(this.#base + path, { method, ...this.#request(body, etag) });
    if (answer.status === 401 && !isAgain && (token !== this.token || (await this.renew())))
      return this.ask(method, path, body, etag, true);
    if (answer.status === 304) return { etag };
    if (!answer.ok) {
      const { detail = answer.statusText } = await answer.json().catch(() => ({}));
      throw Object.assign(new Error(detail), { status: answer.status });
    }
    return { ...(await answer.json()), etag: answer.headers.get('ETag') ?? '' };
  }

  /** Without waiting for an answer, and although the page goes. @param {string} path @param {object} body */
  leave(path, body) {
    this.#fetch(this.#base + path, { method: 'POST', keepalive: true, ...this.#request(body) }).catch(() => {});
  }

  /** @param {string} url @param {RequestInit} request @returns {Promise<Response>} */
  #fetch(url, request) {
    return (this.#options.fetch ?? globalThis.fetch).call(globalThis, url, request);
  }

  /** @param {object} [body] @param {string} [etag] @returns {RequestInit} */
  #request(body, etag) {
    /** @type {Record<string, string>} */ const headers = { Accept: 'application/json' };
    if (body) headers['Content-Type'] = 'application/json';
    if (etag) headers['If-None-Match'] = etag;
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    else if (body)
      headers['X-CSRFToken'] =
        this.#options.csrfToken ?? /\bcsrftoken=([^;]*)/.exec(globalThis.document?.cookie)?.[1] ?? '';
    return {
      body: body && JSON.stringify(body),
      credentials: this.#options.credentials ?? (this.token ? 'omit' : 'same-origin'),
      headers,
      signal: AbortSignal.timeout(ANSWER_MS),
    };
  }
}
