/**
 * Waits for a promise, but not for ever.
 *
 * @param milliseconds How long it may take.
 * @param what Names it in the failure.
 * @returns What it resolves with.
 * @throws Error when it is too late; what the promise rejects with.
 */
export async function within<T>(
  milliseconds: number,
  promise: PromiseLike<T>,
  what = "the promise",
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not settle within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns What a promise rejects with; `undefined` when it resolves. */
export function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}
