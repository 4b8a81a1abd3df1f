/**
 * Shows the first difference of two texts.
 *
 * @param before The current text.
 * @param after The expected text.
 * @param most Maximum number of lines of each text.
 * @returns Lines that begin with their number, `-` or `+`; the last may contain the number of
 * omitted lines.
 */
export function shortDiff(before: string, after: string, most = 4): readonly string[] {
  if (before.replaceAll("\r\n", "\n") === after.replaceAll("\r\n", "\n"))
    return ["only the ends of its lines differ"];
  const old = before.split(/\r?\n/);
  const new_ = after.split(/\r?\n/);
  const shorter = Math.min(old.length, new_.length);
  let start = 0;
  while (start < shorter && old[start] === new_[start]) start++;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === new_.at(-1 - end)) end++;
  const gone = old.slice(start, old.length - end);
  const come = new_.slice(start, new_.length - end);
  const number = `${start + 1}`;
  const margin = " ".repeat(number.length);
  const lines = [
    ...gone.slice(0, most).map((line) => `- ${line}`),
    ...come.slice(0, most).map((line) => `+ ${line}`),
  ].map((line, i) => `${i === 0 ? number : margin} ${line}`);
  const hidden = Math.max(gone.length - most, 0) + Math.max(come.length - most, 0);
  return hidden === 0 ? lines : [...lines, `${margin} … and ${hidden} more lines`];
}
