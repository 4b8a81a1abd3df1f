import { expect, it } from "vitest";
import { entries } from "../generator/support/corpus-index.js";
import { lacks } from "../support/requirements.js";
import { exchangeDocuments } from "./documents.js";

/** Small documents of each kind: several messages, alternatives, headers, procedures, both versions. */
const chosen = new Set([
  "synthetic__nats-subjects",
  "synthetic__odd-names",
  "codegen-project__request",
  "codegen-project__ecommerce-client",
  "tickdb__ws",
  "vex__chat",
  "spec__oneof",
  "tsp-asyncapi__schema-composition",
  "rotation-target__3.1",
  "kubescape__synchronizer",
  "microcks__api-v1.10",
  "modelina__operation-oneof1",
  "parser-js__openapi-schema",
  "lerenn__v2-49",
  "lerenn__145",
]);

it.skipIf(lacks("corpus"))(
  "fifteen documents exchange their messages with programs that know nothing of the SDK",
  async () => {
    const sample = entries("valid").filter(({ id }) => chosen.has(id));
    const { problems, ...counts } = await exchangeDocuments(sample);
    expect(problems).toEqual([]);
    expect(sample).toHaveLength(chosen.size);
    expect(counts.lost).toBe(0);
    expect(counts.named).toBeGreaterThan(200);
    expect(counts.refused).toBeGreaterThan(100);
  },
);
