// Constructable style sheets, which a strict Content-Security-Policy allows.

import css from './styles.css';

/** @type {CSSStyleSheet | undefined} */
let shared;

/** The one of all bells on a page. */
export const sharedSheet = () => (shared ??= sheetOf(css));

/** A sheet of its own. */
export function sheetOf(css = '') {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
