import { _, type Code, type CodeKeywordDefinition, type KeywordCxt, str } from "ajv";
import { BYTES, INTEGER, SAFE_INTEGER } from "./schema-of.js";

/** The keyword, with `unique` of `alternats/sdk/validate`: ajv's own compares each item with every other. */
const uniqueItems: CodeKeywordDefinition = {
  keyword: "uniqueItems",
  type: "array",
  schemaType: "boolean",
  error: { message: "must NOT have duplicate items" },
  code(context) {
    if (!context.schema) return;
    const unique = context.gen.scopeValue("func", { ref: uniqueItems, code: _`unique` });
    context.pass(_`${unique}(${context.data})`);
  },
};

/** The keyword, with `multipleOf` of `alternats/sdk/validate`: ajv's own divides binary numbers. */
const multipleOf: CodeKeywordDefinition = {
  keyword: "multipleOf",
  type: "number",
  schemaType: "number",
  error: { message: ({ schemaCode }) => str`must be multiple of ${schemaCode}` },
  code(context) {
    const check = context.gen.scopeValue("func", { ref: multipleOf, code: _`multipleOf` });
    context.pass(_`${check}(${context.data}, ${context.schemaCode})`);
  },
};

/** Bytes, which MessagePack has. */
const bytes: CodeKeywordDefinition = {
  keyword: BYTES,
  schemaType: "boolean",
  error: { message: "must be bytes" },
  code(context) {
    const { data } = context;
    const isBytes = _`${data} instanceof Uint8Array`;
    context.pass(context.schema === true ? _`${data} === null || ${isBytes}` : isBytes);
  },
};

/** Refuses an integer beyond 2^53, which may have been rounded. */
const safeInteger: CodeKeywordDefinition = {
  keyword: SAFE_INTEGER,
  type: "number",
  schemaType: "boolean",
  error: { message: "is beyond 2^53 - 1, where numbers are rounded" },
  code(context) {
    const { data } = context;
    context.fail(_`Number.isInteger(${data}) && !Number.isSafeInteger(${data})`);
  },
};

/** The keyword `type` with integers that are numbers or bigints. */
const integerType: CodeKeywordDefinition = {
  keyword: `${INTEGER}type`,
  schemaType: "array",
  error: { message: ({ schema }) => str`must be ${(schema as readonly string[]).join(",")}` },
  code(context) {
    const { data } = context;
    const types = context.schema as readonly string[];
    const tests = types.map((type) => typeTest(type, data));
    context.pass(tests.reduce((all, test) => _`${all} || ${test}`));
  },
};

function typeTest(type: string, data: Code): Code {
  switch (type) {
    case "integer":
    case "number":
      return _`typeof ${data} == "bigint" || Number.isInteger(${data})`;
    case "null":
      return _`${data} === null`;
    case "array":
      return _`Array.isArray(${data})`;
    case "object":
      return _`typeof ${data} == "object" && ${data} !== null && !Array.isArray(${data})`;
    default:
      return _`typeof ${data} == ${type}`;
  }
}

/** A keyword of bounds for numbers and bigints. */
function bound(
  keyword: string,
  sign: string,
  compare: (data: Code, bound: Code) => Code,
): CodeKeywordDefinition {
  return {
    keyword: INTEGER + keyword,
    schemaType: "number",
    error: { message: ({ schema }) => str`must be ${sign} ${exactBound(keyword, schema)}` },
    code(context) {
      passInteger(context, (data) => {
        const { schema } = context as { readonly schema: unknown };
        const isExact = !Number.isInteger(schema) || Number.isSafeInteger(schema);
        const code = isExact ? _`${context.schemaCode}` : _`BigInt(${exactBound(keyword, schema)})`;
        return compare(data, code);
      });
    },
  };
}

/** A bound as text. The largest integers of 64 bits are one less than the numbers that documents are read to. */
function exactBound(keyword: string, bound: unknown): string {
  if (typeof bound !== "number" || !Number.isInteger(bound)) return String(bound);
  const isLargest = keyword === "maximum" && (bound === 2 ** 63 || bound === 2 ** 64);
  return String(BigInt(bound) - (isLargest ? 1n : 0n));
}

/** The keyword `multipleOf` for numbers and bigints. */
const integerMultipleOf: CodeKeywordDefinition = {
  ...multipleOf,
  keyword: `${INTEGER}multipleOf`,
  type: [],
  code(context) {
    const check = context.gen.scopeValue("func", { ref: multipleOf, code: _`multipleOf` });
    passInteger(context, (data) => _`${check}(${data}, ${context.schemaCode})`);
  },
};

function passInteger(context: KeywordCxt, check: (data: Code) => Code): void {
  const { data } = context;
  const isOther = _`typeof ${data} != "bigint" && typeof ${data} != "number"`;
  context.pass(_`(${isOther}) || ${check(data)}`);
}

/** Keywords that replace or extend those of ajv. */
export const keywords: readonly CodeKeywordDefinition[] = [
  uniqueItems,
  multipleOf,
  bytes,
  safeInteger,
  integerType,
  bound("minimum", ">=", (data, least) => _`${data} >= ${least}`),
  bound("maximum", "<=", (data, most) => _`${data} <= ${most}`),
  bound("exclusiveMinimum", ">", (data, least) => _`${data} > ${least}`),
  bound("exclusiveMaximum", "<", (data, most) => _`${data} < ${most}`),
  integerMultipleOf,
];
