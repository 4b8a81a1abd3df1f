import type { Check, CheckIssue } from "./check.js";
import { type Failure, work, working } from "./work.js";

/** Place of a value. */
interface Place {
  readonly instancePath: string;
}

/** Check of a part of a value against a part of a schema, in ajv's code. */
interface Part {
  (value: unknown, place?: Place): boolean;
  errors?: readonly CheckIssue[] | null;
}

/** Number of calls below which a cache costs more than it saves. */
const UNREMEMBERED = 1000;

const TOO_DEEP: CheckIssue = {
  instancePath: "",
  keyword: "depth",
  message: "is nested deeper than can be checked",
};

/**
 * Creates a check whose work is bounded by the size of the value, with {@link once} and `unique`. A
 * value that is too deep for the stack fails with the rule `depth`.
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
 * Checks a part of a value against a part of a schema that several others refer to, and caches the
 * result. Alternatives that contain themselves would repeat the check twice as often at each level.
 * Only the first error is kept, because each level would repeat all errors of its alternatives.
 *
 * @param part The function that others call, which gets the errors.
 * @param anew The function that checks the value, and leaves its errors at `part`.
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

/** An error of a value, moved to another place of the same value. */
function moved({ issue, path }: Failure, to: string): CheckIssue {
  if (path === to) return issue;
  return { ...issue, instancePath: to + issue.instancePath.slice(path.length) };
}
