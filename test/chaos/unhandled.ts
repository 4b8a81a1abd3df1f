/** Rejections that nobody handled, while it is in use. */
export class UnhandledRejections implements Disposable {
  /** Stacks of those of alternats and the run. */
  readonly ours: string[] = [];
  /** Stacks of those of the official client. */
  readonly official: string[] = [];

  constructor() {
    process.on("unhandledRejection", this.#add);
  }

  [Symbol.dispose](): void {
    process.off("unhandledRejection", this.#add);
  }

  readonly #add = (reason: unknown): void => {
    const stack = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    (stack.includes("/@nats-io/") ? this.official : this.ours).push(stack);
  };
}
