// Moving the focus with keys.

/** @type {Record<string, (at: number, last: number) => number>} */
const STEPS = {
  next: (at, last) => Math.min(at + 1, last),
  previous: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

/**
 * Move among controls, from the one that has the focus, and say which has it now. `names` maps keys to steps.
 * @param {KeyboardEvent} event @param {HTMLElement[]} controls @param {Record<string, string>} names
 */
export function step(event, controls, names) {
  const move = STEPS[names[event.key] ?? event.key];
  if (!move || !controls.length || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  event.preventDefault();
  const at = controls.findIndex(
    (control) => control === event.target || control.closest('li')?.contains(/** @type {Node} */ (event.target)),
  );
  const control = controls[move(at, controls.length - 1)];
  control.focus();
  return control;
}

export const DOWN = { ArrowDown: 'next', ArrowUp: 'previous' };
export const DOWN_AND_LETTERS = { ...DOWN, j: 'next', k: 'previous' };
export const RIGHT = { ArrowRight: 'next', ArrowLeft: 'previous' };
export const LEFT = { ArrowLeft: 'next', ArrowRight: 'previous' };
