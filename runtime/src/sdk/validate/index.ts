/**
 * Helpers of the validators in generated SDKs, which replace ajv's own. They need no Node.js APIs.
 */

export { InvalidMessageError } from "../errors.js";
export { bounded, once } from "./bounded.js";
export { type Check, type CheckIssue, validated, type When } from "./check.js";
export { equal } from "./equal.js";
export { formats } from "./formats.js";
export { multipleOf } from "./multiple-of.js";
export { regExp } from "./reg-exp.js";
export { ucs2length } from "./ucs2-length.js";
export { unique } from "./unique.js";
