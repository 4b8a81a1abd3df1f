import { Validator } from "@cfworker/json-schema";
import { generateSync } from "json-schema-faker";
import type { MessageCase } from "../generator/support/corpus-messages.js";
import { type Document, fieldsOf } from "../generator/support/document.js";
import { type Schema, schemaFor } from "./schema.js";

/** A message with payloads that an independent faker made, and the independent judge of payloads. */
export interface Sample {
  readonly each: MessageCase;
  /** Payloads that the judge accepts. */
  readonly values: readonly unknown[];
  /** Changed payloads that the judge refuses. */
  readonly mutations: readonly unknown[];
  /** Checks a payload. */
  readonly accepts: (value: unknown) => boolean;
}

/** Number of mutations of a payload. */
const MUTATIONS = 6;

/** Chances of optional properties: none, all, and two in between. */
const chances = [0, 1, 0.5, 0.8];

/** Makes payloads for a message; the same ones in each run. */
export function sampleOf(document: Document, each: MessageCase): Sample {
  const { codec } = each.message;
  if (codec !== "json" && codec !== "msgpack") {
    return { each, values: each.values, mutations: [], accepts: () => true };
  }
  const schema = schemaFor(document, each.payload);
  const accepts = judgeOf(schema);
  const made = chances.flatMap((optionalsProbability, i) => {
    const value = fake(schema, i + 1, optionalsProbability);
    return value === undefined || !accepts(value) ? [] : [value];
  });
  // The faker cannot make each schema's values.
  const values = unique(made.length > 0 ? made : each.values.filter(accepts).slice(0, 4));
  return { each, values, mutations: unique(values.slice(0, 2).flatMap(refused)), accepts };

  /** Changed payloads that the judge refuses. */
  function refused(value: unknown): readonly unknown[] {
    const all: unknown[] = [];
    for (const changed of mutationsOf(value)) {
      if (!accepts(changed)) all.push(changed);
      if (all.length === MUTATIONS) break;
    }
    return all;
  }
}

function judgeOf(schema: Schema): (value: unknown) => boolean {
  const validator = new Validator(schema, "2020-12", true);
  return (value) => {
    try {
      return validator.validate(value).valid;
    } catch {
      // A pattern that is no regular expression, for example.
      return true;
    }
  };
}

function fake(schema: Schema, seed: number, optionalsProbability: number): unknown {
  try {
    const value = generateSync(schema, { seed, optionalsProbability, maxDepth: 5 });
    // What JSON cannot carry is not what another program sends.
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

function unique(values: readonly unknown[]): readonly unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Changes one place of a value: removes it, or gives it another type. */
function* mutationsOf(value: unknown): Generator<unknown> {
  for (const other of [null, 12.5, "another text", true, [], {}]) {
    if (kindOf(other) !== kindOf(value)) yield other;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(fieldsOf(value))) {
    if (!Array.isArray(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
    }
    for (const changed of mutationsOf(inner)) {
      if (Array.isArray(value)) yield value.with(Number(name), changed);
      else yield { ...value, [name]: changed };
    }
  }
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
