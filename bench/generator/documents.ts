/**
 * Makes a document that grows in one direction only: each channel has an address with a parameter, an
 * operation, and a message whose payload is a named schema of its own.
 *
 * @param channels How many.
 * @returns AsyncAPI 3.0 as JSON.
 */
export function documentOf(channels: number): string {
  const numbers = Array.from({ length: channels }, (_, n) => n);
  const each = (entry: (n: number) => readonly [string, unknown]): object =>
    Object.fromEntries(numbers.map(entry));
  return JSON.stringify({
    asyncapi: "3.0.0",
    info: { title: "Many channels", version: "1.0.0" },
    servers: { main: { host: "localhost:4222", protocol: "nats" } },
    channels: each((n) => [
      `channel${n}`,
      {
        address: `game.{serverId}.event${n}`,
        parameters: { serverId: { description: "The server" } },
        messages: { [`message${n}`]: { $ref: `#/components/messages/Message${n}` } },
      },
    ]),
    operations: each((n) => [
      `sendEvent${n}`,
      { action: "send", channel: { $ref: `#/channels/channel${n}` } },
    ]),
    components: {
      messages: each((n) => [
        `Message${n}`,
        { payload: { $ref: `#/components/schemas/Payload${n}` } },
      ]),
      schemas: each((n) => [
        `Payload${n}`,
        {
          type: "object",
          required: ["id", "position"],
          properties: {
            id: { type: "string", description: `The id of what happened in event ${n}` },
            kind: { enum: ["created", "moved", `special${n}`] },
            position: {
              type: "object",
              required: ["x", "y"],
              properties: { x: { type: "number" }, y: { type: "number" } },
            },
            tags: { type: "array", items: { type: "string" } },
          },
        },
      ]),
    },
  });
}
