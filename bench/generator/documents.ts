/**
 * Makes a document of channels, each with one parameter, one operation and one message of 11 properties, some nested.
 *
 * @param channels Number of channels.
 * @returns AsyncAPI 3.0 in YAML.
 */
export function documentOf(channels: number): string {
  const numbers = Array.from({ length: channels }, (_, n) => n);
  return [
    "asyncapi: 3.0.0",
    'info: { title: Many channels, version: "1.0.0" }',
    "servers:",
    "  main: { host: localhost:4222, protocol: nats }",
    "channels:",
    ...numbers.map(channelOf),
    "operations:",
    ...numbers.map(operationOf),
    "",
  ].join("\n");
}

function channelOf(n: number): string {
  return `  channel${n}:
    address: game.{serverId}.event${n}
    description: What happens in event ${n}
    parameters:
      serverId:
        description: The server
    messages:
      event${n}:
        payload:
          type: object
          required: [id, player, position]
          properties:
            id: { type: string, description: The id of event ${n} }
            at: { type: string, format: date-time }
            kind: { type: string, enum: [created, moved, special${n}] }
            player:
              type: object
              required: [name]
              properties:
                name: { type: string, minLength: 1 }
                level: { type: integer, minimum: 0 }
            position:
              type: object
              required: [x, y]
              properties:
                x: { type: number }
                y: { type: number }
            tags: { type: array, items: { type: string } }
            note: { type: string, maxLength: 200 }`;
}

function operationOf(n: number): string {
  return `  sendEvent${n}:
    action: send
    channel: { $ref: "#/channels/channel${n}" }`;
}
