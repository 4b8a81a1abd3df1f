import type { Client } from "./client.js";
import { payloadOf, type Task } from "./work.js";

/** From one connection to another and back: as many loops as the window allows, each awaiting its reply. */
export async function request(open: () => Promise<Client>, task: Task) {
  const responder = await open();
  await responder.echo();
  const requester = await open();
  const value = payloadOf(task);
  return async () => {
    let left = task.messages;
    const loop = async () => {
      while (left-- > 0) await requester.request(value);
    };
    await Promise.all(Array.from({ length: task.window }, loop));
  };
}
