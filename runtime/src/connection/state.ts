import { type Deferred, deferred } from "../waiting/deferred.js";
import type { ServerConnection } from "./server-connection.js";

/** State of a connection as its users see it. */
export type NatsConnectionState = "closed" | "connecting" | "open" | "reconnecting";

/** Link to a server: it is made for the first time, open, or replaced after it was lost. */
export type Link = {
  /** Settles when the link is open, or when it cannot be made. */
  readonly opened: Deferred;
} & (
  | { readonly name: "open"; readonly server: ServerConnection }
  | {
      readonly name: "connecting" | "reconnecting";
      /** The attempt under way, if there is one. */
      readonly server: ServerConnection | undefined;
    }
);

/**
 * State of a connection.
 *
 * - `idle`: not used yet, or the first link could not be made; the next use connects
 * - `connecting`, `open`, `reconnecting`: see {@link Link}
 * - `draining`: nothing new may begin, and what is under way is finished over the link, which may still be lost
 *   and replaced; with `closing`, publishing has ended too
 * - `ended`: for good
 */
export type State =
  | { readonly name: "idle" }
  | Link
  | { readonly name: "draining"; readonly link: Link | undefined; readonly closing: boolean }
  | { readonly name: "ended" };

/**
 * State machine of a connection. Each transition is one method:
 *
 * ```
 *           connect        opened         lost
 *      idle ───────▶ connecting ───▶ open ────▶ reconnecting
 *        ▲   failed      │            ▲  opened      │
 *        └───────────────┘            └──────────────┘
 *
 *      any of them ──drain──▶ draining ──end──▶ ended
 *      reconnecting ──end──▶ ended (no more attempts)
 * ```
 */
export class StateMachine {
  #state: State = { name: "idle" };

  get state(): State {
    return this.#state;
  }

  /** The link, in `draining` too; none in `idle` and `ended`. */
  get link(): Link | undefined {
    const state = this.#state;
    if (state.name === "draining") return state.link;
    return state.name === "idle" || state.name === "ended" ? undefined : state;
  }

  /** `true` if the connection is about to end, or has ended. */
  get closing(): boolean {
    const state = this.#state;
    return state.name === "ended" || (state.name === "draining" && state.closing);
  }

  /** The first link is made. */
  connect(): void {
    this.#state = { name: "connecting", opened: deferred(), server: undefined };
  }

  /** Another server is tried. */
  attempt(server: ServerConnection): void {
    const { link } = this;
    if (link !== undefined) this.#setLink({ ...link, server });
  }

  /** A server accepted the connection. */
  opened(server: ServerConnection): void {
    const { opened } = this.link!;
    this.#setLink({ name: "open", opened, server });
    opened.resolve();
  }

  /** The first link could not be made. */
  failed(error: Error): void {
    this.link?.opened.reject(error);
    this.#setLink(undefined);
  }

  /** The open link is lost. */
  lost(): void {
    this.#setLink({ name: "reconnecting", opened: deferred(), server: undefined });
  }

  /** Nothing new may begin. @param closing `true` if publishing ends too. */
  drain(closing: boolean): void {
    if (!this.closing) this.#state = { name: "draining", link: this.link, closing };
  }

  /** The connection has ended for good. @param error The error for callers that wait for the link. */
  end(error: Error): void {
    this.link?.opened.reject(error);
    this.#state = { name: "ended" };
  }

  #setLink(link: Link | undefined): void {
    const state = this.#state;
    this.#state = state.name === "draining" ? { ...state, link } : (link ?? { name: "idle" });
  }
}
