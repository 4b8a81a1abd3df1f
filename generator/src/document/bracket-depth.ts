import { Lexer } from "yaml";
import { limits } from "./limits.js";

/** Brackets or indicators in such a number without their counterparts are looked at closely. */
const suspicious = 4 * limits.depth;

/**
 * Checks for brackets and indicators (`- - -`) that are nested too deeply, before the parser of YAML
 * takes a kilobyte of memory for each of them.
 */
export function isNestedTooDeep(text: string): boolean {
  return isSuspicious(text) && depthOf(text) > limits.depth;
}

function isSuspicious(text: string): boolean {
  let depth = 0;
  let indicators = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > suspicious) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth = Math.max(0, depth - 1);
        break;
      case 0x2d: // -
      case 0x3f: // ?
        if (++indicators > suspicious) return true;
        break;
      case 0x0a: // line feed
        indicators = 0;
        break;
    }
  }
  return false;
}

/** The depth by YAML's own tokens, which know what is text; only as far as it matters. */
function depthOf(text: string): number {
  let depth = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    const [first = ""] = token;
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    else if (token === "-" || token === "?") indicators++;
    else if (first !== " ") indicators = 0;
    if (depth + indicators > limits.depth) break;
  }
  return depth + indicators;
}
