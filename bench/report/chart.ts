import { perSecond } from "./results.js";

/** Bars that are compared with each other. */
export interface Group {
  readonly name: string;
  readonly bars: readonly { readonly name: string; readonly rate: number }[];
}

const width = 720;
const left = 110;
const right = 90;
const bar = 18;
const gap = 5;
const heading = 34;

/**
 * Bars as SVG, each group to a scale of its own. Readable on light and dark: nothing is painted behind
 * them, and the colours follow the reader's scheme.
 *
 * @param title Says what is shown, for those who cannot see it.
 */
export function barChart(title: string, groups: readonly Group[]): string {
  const parts: string[] = [];
  let y = 0;
  for (const { name, bars } of groups) {
    y += heading;
    parts.push(`<text class="group" x="0" y="${y - 10}">${escaped(name)}</text>`);
    const most = Math.max(...bars.map(({ rate }) => rate));
    for (const [i, { name, rate }] of bars.entries()) {
      const length = Math.max(2, Math.round(((width - left - right) * rate) / most));
      const middle = y + bar / 2 + 4;
      parts.push(
        `<text x="${left - 8}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
        `<rect class="${i === 0 ? "ours" : "peer"}" x="${left}" y="${y}" width="${length}" height="${bar}" rx="3"/>`,
        `<text x="${left + length + 8}" y="${middle}">${perSecond(rate)}/s</text>`,
      );
      y += bar + gap;
    }
  }
  const style = `
  text { font: 13px system-ui, sans-serif; fill: #57606a }
  .group { font-weight: 600; fill: #1f2328 }
  .ours { fill: #1a7f64 }
  .peer { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .group { fill: #f0f6fc }
    .ours { fill: #3fb68b }
    .peer { fill: #545d68 }
  }`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
${parts.join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
