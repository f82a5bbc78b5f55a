// Making elements: text is only ever text, and a link is checked before it becomes one.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element: `kind` is tag.part.part, and each part is a class too. Of the members functions listen, properties are
 * set, the rest are attributes.
 * @param {string} kind
 * @param {Record<string, any>} [members]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function make(kind, members = {}, ...children) {
  const [tag, ...parts] = kind.split('.');
  const element = /** @type {any} */ (document.createElement(tag));
  if (tag === 'button') element.setAttribute('type', tag);
  if (parts[0]) members.part = element.className = parts.join(' ');
  for (const [key, value] of Object.entries(members)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(.../** @type {Node[]} */ (children.filter(Boolean)));
  return element;
}

/** A drawing that says nothing to who cannot see it. @param {string} path */
export function icon(path) {
  const [drawing, line] = ['svg', 'path'].map((name) => document.createElementNS(SVG, name));
  line.setAttribute('d', path);
  drawing.setAttribute('viewBox', '0 0 24 24');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.append(line);
  return drawing;
}

export const BELL = 'M18 9a6 6 0 0 0-12 0c0 6-2 8-2 8h16s-2-2-2-8M10 21h4';
export const CROSS = 'M6 6l12 12M18 6L6 18';
export const DOTS = 'M5 12h.01M12 12h.01M19 12h.01';
export const TICKS = 'M2 13l4 4L15 7M11 16l1 1L22 7';

/** What may be a link: http, https or a path of this site, without blanks, backslashes and control characters. */
const LINK = /^(https?:\/\/|\/(?!\/))[^\\\s\p{Cc}]*$/iu;

/** Where a notification leads; null for what is no safe link, whatever the server let through. @param {any} address */
export function safeLink(address) {
  const url = LINK.test(address) && URL.canParse(address, location.origin) && new URL(address, location.origin);
  return url && !url.username && !url.password ? url.href : null;
}
