/**
 * Waits for a promise, but not for ever.
 *
 * @param milliseconds Time limit.
 * @param what Names it in the failure.
 * @returns The value of the promise.
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

/** @returns The reason of a rejection; `undefined` when the promise resolves. */
export function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}
