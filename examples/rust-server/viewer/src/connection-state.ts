import type { NatsConnection } from "alternats";
import { byId, setText } from "./element.js";
import { formatTime } from "./time.js";

/** State of the page's connection to the broker. */
export type State = "connecting" | "connected" | "lost" | "refused" | "failed";

const TEXTS: Readonly<Record<State, string>> = {
  connecting: "Connecting",
  connected: "Live",
  lost: "Connection lost",
  refused: "Not let in",
  failed: "Not working",
};

/** Shows the state of the connection, and announces its changes. */
export class ConnectionState {
  readonly #say: (text: string) => void;
  #state: State = "connecting";

  /** @param say Announces a text for screen readers. */
  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** Follows a connection. */
  watch(nats: NatsConnection): void {
    nats.on("opened", () => this.#change("connected", ""));
    nats.on("disconnected", () => this.show("lost"));
    nats.on("closed", ({ error }) => {
      if (error !== undefined) this.show("refused", error.message);
    });
  }

  /** @param why Additional text about the state. */
  show(state: State, why = ""): void {
    // Late messages of a lost connection, and calls that failed because of it, do not change the
    // state.
    if (this.#state === "lost" && (state === "connected" || state === "failed")) return;
    this.#change(state, why);
  }

  #change(state: State, why: string): void {
    const before = this.#state;
    if (state === before && why === "") return;
    this.#state = state;
    byId("connection").dataset.state = state;
    setText(byId("connection-text"), TEXTS[state]);
    const banner = byId("banner");
    const text = this.#explain(state, why);
    banner.hidden = text === "";
    setText(banner, text);
    document.documentElement.dataset.connection = state;
    if (state === "connected" && before === "lost") this.#say("Connected again.");
    else if (text !== "") this.#say(text);
  }

  #explain(state: State, why: string): string {
    switch (state) {
      case "lost":
        return `The connection was lost at ${formatTime(new Date())}. Trying again; what was missed will follow.`;
      case "refused":
        return `The broker does not let this page in: ${why}`;
      case "failed":
        return `Something does not work: ${why} Trying again.`;
      default:
        return "";
    }
  }
}
