// Where the panel stands: below the bell or above it, as far as it fits.

/**
 * The rule for it; on a narrow screen the style sheet makes it a sheet.
 * @param {HTMLElement} panel @param {HTMLElement} bell
 */
export function placeOf(panel, bell) {
  const { left, right, top, bottom } = bell.getBoundingClientRect();
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const own = panel.offsetWidth;
  const start = Math.max(8, Math.min(panel.matches(':dir(rtl)') ? left : right - own, width - own - 8));
  const isAbove = height - bottom < 300 && top > height - bottom;
  const vertical = isAbove
    ? `bottom:${height - top + 6}px;max-height:${top - 14}px`
    : `top:${bottom + 6}px;max-height:${height - bottom - 14}px`;
  return `@media (width>30rem) and (height>30rem){.panel{left:${start}px;${vertical}}}`;
}
