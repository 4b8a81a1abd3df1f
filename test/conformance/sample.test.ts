import { expect, it } from "vitest";
import { entries } from "../generator/support/corpus-index.js";
import { lacks } from "../support/requirements.js";
import { exchangeDocuments } from "./documents.js";

/** Documents of each kind: several messages, procedures, both versions, and the sizes of real ones. */
const chosen = new Set([
  "gamingapi__rust-bundled",
  "synthetic__nats-subjects",
  "synthetic__schema-zoo",
  "codegen-project__request",
  "codegen-project__runtime-request-reply",
  "codegen-project__ecommerce-client",
  "elevenlabs__api",
  "springwolf__kafka-json",
  "everest__system",
  "maliev__messaging",
  "avr__mqtt",
  "raillersing__agent-os",
  "eventcatalog__orderservice",
  "ccsds__filesystem",
  "cityindex__lightstreamer",
]);

it.skipIf(lacks("corpus"))(
  "fifteen documents exchange their messages with programs that know nothing of the SDK",
  async () => {
    const sample = entries("valid").filter(({ id }) => chosen.has(id));
    const { problems, ...counts } = await exchangeDocuments(sample);
    expect(problems).toEqual([]);
    expect(sample).toHaveLength(chosen.size);
    expect(counts.lost).toBe(0);
    expect(counts.named).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(200);
  },
);
