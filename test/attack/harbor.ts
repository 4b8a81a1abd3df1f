/**
 * A document with everything that strangers on a broker may want from each other: owners who append to one log and answer
 * requests, a worker with a group, somebody who asks, and two who only listen.
 */
export const harbor = `asyncapi: 3.0.0
info: { title: Harbor, version: 1.0.0 }
servers: { nats: { host: "localhost:4222", protocol: nats } }
x-alternats-streams:
  HARBOR:
    subjects: ["harbor.*.log.>"]
    maxMessagesPerSubject: 100
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
channels:
  moved:
    address: "harbor.{harbor}.log.{ship}.moved"
    parameters: { harbor: {}, ship: {} }
    messages: { moved: { payload: { type: string } } }
  sank:
    address: "harbor.{harbor}.log.{ship}.sank"
    parameters: { harbor: {}, ship: {} }
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
