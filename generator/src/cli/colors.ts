/**
 * Decides if problems are coloured: FORCE_COLOR and NO_COLOR decide before the output does.
 *
 * @param environment The environment's variables.
 * @param isTerminal `true` if the output is a terminal.
 * @see https://no-color.org and https://force-color.org
 */
export function isColored(
  { FORCE_COLOR: force, NO_COLOR: no }: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return isTerminal && (no === undefined || no === "");
}
