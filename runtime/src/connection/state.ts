import { type Deferred, deferred } from "../waiting/deferred.js";
import type { ServerConnection } from "./server-connection.js";

/** State of a connection as its users see it. */
export type NatsConnectionState = "closed" | "connecting" | "open" | "reconnecting";

/** Link to a server: it is made for the first time, open, or replaced after it was lost. */
export type Link =
  | {
      readonly name: "connecting" | "reconnecting";
      /** Settles when the link is open, or when it cannot be made. */
      readonly opened: Deferred;
      /** The attempt under way, if there is one. */
      readonly server: ServerConnection | undefined;
    }
  | { readonly name: "open"; readonly server: ServerConnection };

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

  /** Whether the connection is open, in `draining` too. */
  get open(): boolean {
    return this.link?.name === "open";
  }

  /** Whether the connection is about to end, or has ended. */
  get closing(): boolean {
    const state = this.#state;
    return state.name === "ended" || (state.name === "draining" && state.closing);
  }

  /** The first link is made. @returns Settles with the link. */
  connect(): Promise<void> {
    const opened = deferred();
    this.#state = { name: "connecting", opened, server: undefined };
    return opened.promise;
  }

  /** Another server is tried. */
  attempt(server: ServerConnection): void {
    const { link } = this;
    if (link !== undefined && link.name !== "open") this.#setLink({ ...link, server });
  }

  /** A server accepted the connection. */
  opened(server: ServerConnection): void {
    const { link } = this;
    this.#setLink({ name: "open", server });
    if (link !== undefined && link.name !== "open") link.opened.resolve();
  }

  /** The first link could not be made. */
  failed(error: Error): void {
    const { link } = this;
    this.#setLink(undefined);
    if (link !== undefined && link.name !== "open") link.opened.reject(error);
  }

  /** The open link is lost. */
  lost(): void {
    this.#setLink({ name: "reconnecting", opened: deferred(), server: undefined });
  }

  /** Nothing new may begin. @param closing Whether publishing has ended too. */
  drain(closing: boolean): void {
    if (!this.closing) this.#state = { name: "draining", link: this.link, closing };
  }

  /** The connection has ended for good. @param error The error for whoever waits for the link. */
  end(error: Error): void {
    const { link } = this;
    this.#state = { name: "ended" };
    if (link !== undefined && link.name !== "open") link.opened.reject(error);
  }

  #setLink(link: Link | undefined): void {
    const state = this.#state;
    this.#state = state.name === "draining" ? { ...state, link } : (link ?? { name: "idle" });
  }
}
