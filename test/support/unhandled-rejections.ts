/** Collects rejections that nobody handles, instead of the test runner. Until the end of the scope. */
export class UnhandledRejections implements Disposable {
  readonly reasons: unknown[] = [];
  readonly #others = process.listeners("unhandledRejection");
  readonly #collect = (reason: unknown): void => void this.reasons.push(reason);

  constructor() {
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", this.#collect);
  }

  /** @returns Settles when Node.js has decided about all that was rejected so far. */
  async decided(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }

  [Symbol.dispose](): void {
    process.off("unhandledRejection", this.#collect);
    for (const listener of this.#others) process.on("unhandledRejection", listener);
  }
}
