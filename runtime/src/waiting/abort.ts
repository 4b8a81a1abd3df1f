/** Effects of a signal, behind one listener: Node.js warns of a leak where many calls listen to one signal. */
class Watch {
  readonly effects = new Set<() => void>();
  readonly listener = (): void => {
    for (const effect of [...this.effects]) effect();
  };
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls a function when a signal is aborted.
 *
 * @param signal A signal that is not aborted yet.
 * @param effect The function; the same one may be added once.
 */
export function onAbort(signal: AbortSignal, effect: () => void): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new Watch();
    watches.set(signal, watch);
    signal.addEventListener("abort", watch.listener, { once: true });
  }
  watch.effects.add(effect);
}

/** Reverses {@link onAbort}. */
export function offAbort(signal: AbortSignal, effect: () => void): void {
  const watch = watches.get(signal);
  if (!watch?.effects.delete(effect) || watch.effects.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener("abort", watch.listener);
}
