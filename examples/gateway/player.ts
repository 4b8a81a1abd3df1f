import { once } from "node:events";
import { WebSocket } from "ws";
import type { FromPlayer, ToPlayer } from "./player-protocol.js";
import type { Player as Place, RoomState } from "./sdk/index.js";

/**
 * A simulated player: moves all the time, and returns through another gateway when its own ends.
 */
export class Player {
  readonly playerId: string;
  /** Milliseconds between sending and confirmation of each move. */
  readonly latencies: number[] = [];
  /** Number of moves that it made. */
  moves = 0;
  /** Sequence of the last confirmed move. */
  confirmed = 0;
  /** Number of states that it received. */
  states = 0;
  /** Number of changes of the gateway. */
  changes = 0;
  /** Problems that occurred. */
  readonly problems: string[] = [];

  readonly #gateways: readonly string[];
  readonly #roomId: string;
  /** Times of moves that are not confirmed yet. */
  readonly #sentAt = new Map<number, number>();
  #gateway: number;
  #socket: WebSocket | undefined;
  #joined = false;
  #tick = 0;
  #leaving = false;
  #allConfirmed: (() => void) | undefined;

  /**
   * @param playerId Id of the player.
   * @param roomId The room to play in.
   * @param gateways The addresses of all gateways.
   * @param first Index of the first gateway to use.
   */
  constructor(playerId: string, roomId: string, gateways: readonly string[], first: number) {
    this.playerId = playerId;
    this.#roomId = roomId;
    this.#gateways = gateways;
    this.#gateway = first % gateways.length;
  }

  /** Joins the room through the next gateway. */
  async join(): Promise<void> {
    const socket = new WebSocket(this.#gateways[this.#gateway]!);
    this.#socket = socket;
    const joined = new Promise<Place>((resolve, reject) => {
      socket.on("message", (data) => this.#hear(JSON.parse(String(data)) as ToPlayer, resolve));
      socket.once("error", reject);
    });
    await Promise.race([once(socket, "open"), joined]);
    this.#say({ join: { roomId: this.#roomId, playerId: this.playerId } });
    const { sequence } = await joined;
    if (sequence < this.confirmed)
      this.problems.push(`came back and ${this.confirmed - sequence} moves were lost`);
    this.#joined = true;
    socket.once("close", () => {
      this.#joined = false;
      if (this.#leaving) return;
      this.changes++;
      this.#gateway = (this.#gateway + 1) % this.#gateways.length;
      this.join().catch((error: unknown) => this.problems.push(`could not come back: ${error}`));
    });
  }

  /** Makes a move, unless it is between two gateways. */
  move(): void {
    if (!this.#joined || this.#socket?.readyState !== WebSocket.OPEN) return;
    const sequence = ++this.moves;
    this.#sentAt.set(sequence, performance.now());
    this.#say({ move: { sequence, dx: Math.random() - 0.5, dy: Math.random() - 0.5 } });
  }

  /** Resolves when all of its moves are confirmed. */
  async allConfirmed(): Promise<void> {
    if (this.confirmed === this.moves) return;
    await new Promise<void>((resolve) => {
      this.#allConfirmed = resolve;
    });
  }

  /** Leaves permanently. */
  leave(): void {
    this.#leaving = true;
    this.#socket?.terminate();
  }

  #say(message: FromPlayer): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #hear(message: ToPlayer, joined: (place: Place) => void): void {
    if ("joined" in message) joined(message.joined);
    else if ("refused" in message) this.problems.push(`was refused: ${message.refused}`);
    else if ("state" in message) this.#see(message.state);
  }

  #see({ tick, players }: RoomState): void {
    if (tick <= this.#tick) this.problems.push(`got tick ${tick} after ${this.#tick}`);
    this.#tick = tick;
    this.states++;
    const own = players.find(({ player_id }) => player_id === this.playerId);
    if (own === undefined) return;
    const now = performance.now();
    for (const [sequence, at] of this.#sentAt) {
      if (sequence > own.sequence) break;
      this.latencies.push(now - at);
      this.#sentAt.delete(sequence);
    }
    this.confirmed = own.sequence;
    if (this.confirmed === this.moves) this.#allConfirmed?.();
  }
}

/** Opens a room. @returns Its id. */
export async function openRoom(gateway: string, slots: number): Promise<string> {
  const socket = new WebSocket(gateway);
  await once(socket, "open");
  socket.send(JSON.stringify({ open: { slots } } satisfies FromPlayer));
  const [data] = await once(socket, "message");
  socket.terminate();
  const answer = JSON.parse(String(data)) as ToPlayer;
  if (!("opened" in answer)) throw new Error(`No room: ${JSON.stringify(answer)}`);
  return answer.opened;
}
