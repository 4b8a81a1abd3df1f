import type { DocumentNode } from "./node.js";

const supported = ["2.0.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "3.0.0", "3.1.0"];

/** Reports a file that is not an AsyncAPI document of a supported version. */
export function checkVersion(root: DocumentNode): void {
  const { value } = root;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    root.error({
      code: "no-asyncapi",
      message: "The file is not an AsyncAPI document: it does not contain an object.",
      fix: "Pass the document that begins with `asyncapi:`.",
    });
    return;
  }
  const node = root.get("asyncapi");
  if (node === undefined) {
    root.error({
      code: "no-asyncapi",
      message: "The file is not an AsyncAPI document: `asyncapi` is missing.",
      fix: `Pass the document that begins with \`asyncapi: ${supported.at(-1)}\`, or with another version from ${supported[0]} on.`,
    });
  } else if (typeof node.value !== "string") {
    node.error({
      code: "unsupported-version",
      message: "`asyncapi` must be text.",
      fix: `Write it in full and in quotes, for example \`asyncapi: "${supported.at(-1)}"\`.`,
    });
  } else if (!supported.includes(node.value)) {
    node.error({
      code: "unsupported-version",
      message: `AsyncAPI ${node.value} is not a supported version.`,
      fix: `Use one of ${supported.join(", ")}.`,
    });
  }
}
