/** Collects unhandled rejections until it is disposed. */
export class UnhandledRejections implements Disposable {
  /** Stacks of rejections in alternats and in the run itself. */
  readonly ours: string[] = [];
  /** Stacks of rejections in the official client. */
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
