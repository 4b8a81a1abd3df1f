const channels = `channels:
  moved:
    address: "harbor.{harbor}.log.{ship}.moved"
    parameters: { harbor: {}, ship: {} }
    x-alternats-stream: HARBOR_{harbor}
    messages: { moved: { payload: { type: string } } }
  sank:
    address: "harbor.{harbor}.log.{ship}.sank"
    parameters: { harbor: {}, ship: {} }
    x-alternats-stream: HARBOR_{harbor}
    messages: { sank: { payload: { type: string } } }
  job:
    address: "harbor.{harbor}.jobs"
    parameters: { harbor: {} }
    messages: { job: { payload: { type: string } } }
  berth:
    address: "harbor.{harbor}.berth"
    parameters: { harbor: {} }
    messages: { ask: { payload: { type: string } }, answer: { payload: { type: string } } }
operations:
  moved: { action: send, channel: { $ref: "#/channels/moved" } }
  sank: { action: send, channel: { $ref: "#/channels/sank" } }
  job: { action: send, channel: { $ref: "#/channels/job" }, bindings: { nats: { queue: jobs } } }
  berth:
    action: receive
    channel: { $ref: "#/channels/berth" }
    messages: [{ $ref: "#/channels/berth/messages/ask" }]
    reply: { messages: [{ $ref: "#/channels/berth/messages/answer" }] }
`;

const head = `asyncapi: 3.0.0
info: { title: Harbor, version: 1.0.0 }
servers: { nats: { host: "localhost:4222", protocol: nats } }
`;

/**
 * A document with everything that strangers on a broker may want from each other: owners who append to their logs and
 * answer requests, an office that gives jobs, a third party, one that listens to an owner, and a public page.
 */
export const harbor = `${head}x-alternats-streams:
  HARBOR_{harbor}:
    subjects: ["harbor.{harbor}.log.>"]
    maxBytes: 1MB
  JOBS:
    subjects: ["harbor.*.jobs"]
x-alternats-roles:
  owner:
    publish: [moved, sank]
    subscribe: [job]
    respond: [berth]
    users:
      a: { harbor: a }
      b: { harbor: b }
  office:
    publish: [job]
    subscribe: [moved, sank]
    request: [berth]
    streams: "*"
  third:
    subscribe: [moved]
    request: [berth]
    parameters: { harbor: [a] }
  spy:
    subscribe: [moved, sank]
    parameters: { harbor: [a] }
  viewer:
    subscribe: [moved]
    parameters: { harbor: [a, b] }
${channels}`;

/** The same with all users in one account, and one log: they trust each other. */
export const trustingHarbor = harbor
  .replaceAll("HARBOR_{harbor}", "HARBOR")
  .replace('"harbor.{harbor}.log.>"', '"harbor.*.log.>"')
  .replaceAll(/^ {2}(owner|third|spy|viewer):$/gm, "$&\n    trusted: true");
