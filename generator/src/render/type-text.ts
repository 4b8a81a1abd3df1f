import type { TypeNode } from "../model/sdk.js";
import { literal } from "./literal.js";

/** Writes a type as TypeScript. */
export function typeText(type: TypeNode): string {
  switch (type.kind) {
    case "bytes":
      return "Uint8Array";
    case "date":
      return "Date";
    case "dateText":
    case "integerText":
      return "string";
    case "integer":
      return "number";
    case "literal":
      return literal(type.value);
    case "reference":
      return type.name;
    case "array":
      return `${operandText(type.item)}[]`;
    case "tuple": {
      const items = type.items.map(({ type, optional }) =>
        optional ? `${operandText(type)}?` : typeText(type),
      );
      if (type.rest !== undefined) items.push(`...${operandText(type.rest)}[]`);
      return `[${items.join(", ")}]`;
    }
    case "record":
      return `Record<string, ${typeText(type.value)}>`;
    case "union":
      return distinctTexts(
        type.members.map((member) =>
          member.kind === "intersection" ? operandText(member) : typeText(member),
        ),
      );
    case "intersection":
      return type.members.map(operandText).join(" & ");
    default:
      return type.kind;
  }
}

/** Writes the members of a union. Several types may have the same name in TypeScript. */
export function distinctTexts(members: readonly string[]): string {
  return [...new Set(members)].join(" | ");
}

/** Writes a type before an operator. */
function operandText(type: TypeNode): string {
  const text = typeText(type);
  return type.kind === "union" || type.kind === "intersection" ? `(${text})` : text;
}
