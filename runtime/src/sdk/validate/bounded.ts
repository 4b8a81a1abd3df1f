import type { Check, CheckIssue } from "./check.js";
import { type Failure, work, working } from "./work.js";

/** Where a value stands. */
interface Place {
  readonly instancePath: string;
}

/** Holds a part of a value against a part of a schema, as ajv's code does it. */
interface Part {
  (value: unknown, place?: Place): boolean;
  errors?: readonly CheckIssue[] | null;
}

/** Small messages are checked before it would pay to remember anything. */
const UNREMEMBERED = 1000;

const TOO_DEEP: CheckIssue = {
  instancePath: "",
  keyword: "depth",
  message: "is nested deeper than can be checked",
};

/**
 * Makes a check whose work is bounded by the size of the value: by {@link once} and `unique`. A value that is too
 * deep for the stack does not fit, by the rule `depth`.
 */
export function bounded(whole: Check): Check {
  const check: Check = (value) => {
    try {
      const fits = working(() => whole(value));
      check.errors = whole.errors ?? null;
      return fits;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      check.errors = [TOO_DEEP];
      return false;
    }
  };
  return check;
}

/**
 * Holds a part of a value against a part of a schema that several others refer to. Alternatives that contain
 * themselves would each try it anew, twice as often at each level of what was sent; so it is remembered. Of what
 * is wrong only the first is kept: each level would repeat all that its alternatives found.
 *
 * @param part What others call, which is told of what is wrong.
 * @param anew Looks at the value, and tells `part`.
 */
export function once(part: Part, anew: Part, value: unknown, place?: Place): boolean {
  const path = place?.instancePath ?? "";
  const isSmall = ++work().calls <= UNREMEMBERED;
  const failure = isSmall ? look(part, anew, value, place) : recall(part, anew, value, place);
  part.errors = failure === undefined ? null : [moved(failure, path)];
  return failure === undefined;
}

function recall(part: Part, anew: Part, value: unknown, place?: Place): Failure | undefined {
  const { results } = work();
  let known = results.get(part);
  if (known === undefined) {
    known = new Map();
    results.set(part, known);
  }
  if (!known.has(value)) known.set(value, look(part, anew, value, place));
  return known.get(value);
}

function look(part: Part, anew: Part, value: unknown, place?: Place): Failure | undefined {
  if (anew(value, place)) return undefined;
  const path = place?.instancePath ?? "";
  return { issue: part.errors?.[0] ?? { instancePath: path, keyword: "schema" }, path };
}

/** What was found of a value, told of the same value in another place. */
function moved({ issue, path }: Failure, to: string): CheckIssue {
  if (path === to) return issue;
  return { ...issue, instancePath: to + issue.instancePath.slice(path.length) };
}
