// What the pictures of docs/ that are drawn here have in common: boxes, arrows, letters with an index, and colours that follow
// dark and light, on the site by its own colours and elsewhere by the system's.
const round = x => Math.round(x * 10) / 10;
const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

// W_hh and h_{t-1} with an index below the line. Single letters slant, as in an equation, except for the word "a".
function letters(string) {
  let out = '', low = false;
  for (const [, article, name, braces, word, other] of string.matchAll(/(a(?= [a-z]))|([A-Za-z]+)(?:_\{([^}]*)\}|_(\w+))?|([^A-Za-z]+)/g)) {
    const rest = article ?? other;
    const index = braces ?? word, up = low ? ' dy="-.216em"' : '';
    low = index !== undefined;
    const slant = name?.length === 1 || (name && low) ? ' font-style="italic"' : '';
    out += up || slant ? `<tspan${slant}${up}>${escape(name ?? rest)}</tspan>` : escape(name ?? rest);
    if (low) out += `<tspan dy=".3em" font-size=".72em">${escape(index)}</tspan>`;
  }
  return out;
}

/// A text in the middle of (x, y), or beginning or ending there: anchor start, middle or end.
export const text = (x, y, string, kind = '', anchor = 'middle') =>
  `<text${kind && ` class="${kind}"`} x="${round(x)}" y="${round(y + 5)}" text-anchor="${anchor}">${letters(string)}</text>`;

/// A path through some points.
export const line = (points, kind = '') => `<path${kind && ` class="${kind}"`} d="${points.map(([x, y], i) => `${i ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')}"/>`;

/// The same with a head at its end.
export function arrow(points, kind = '') {
  const [[ax, ay], [bx, by]] = points.slice(-2), length = Math.hypot(bx - ax, by - ay), [u, v] = [(bx - ax) / length, (by - ay) / length];
  const head = [[bx, by], [bx - 9 * u - 4.5 * v, by - 9 * v + 4.5 * u], [bx - 9 * u + 4.5 * v, by - 9 * v - 4.5 * u]];
  return line([...points.slice(0, -1), [bx - 6 * u, by - 6 * v]], kind) + `<path class="head ${kind.replace('dashed', '')}" d="${head.map(([x, y], i) => `${i ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')}Z"/>`;
}

/// A box around (x, y), with a text.
export const box = (x, y, width, height, string = '', kind = '') =>
  `<rect class="box ${kind}" x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="6"/>${string && text(x, y, string)}`;

/// A circle around (x, y), with a text.
export const circle = (x, y, radius, string = '', kind = '') => `<circle class="box ${kind}" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>${string && text(x, y, string)}`;

/// The whole picture. `label` is read to those who don't see it. Its width and height are also its size in a page that is wide.
export const picture = ({ width, height, label, kind = '', style = '' }, parts) => `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label).replaceAll('"', '&quot;')}" class="drawing${kind && ` ${kind}`}">
<style>
.drawing { --p-ink: var(--ink, #24201b); --p-soft: var(--soft, #6b6256); --p-rule: var(--rule, #e7dfd0); --p-accent: var(--accent, #a8391f); --p-fill: var(--raised, #f8f4ec); --p-wash: var(--accent-wash, #fbeee8); font: 14px 'Source Sans 3 Variable', 'Source Sans Pro', 'DejaVu Sans', sans-serif; }
@media (prefers-color-scheme: dark) { .drawing { --p-ink: var(--ink, #e9e3d8); --p-soft: var(--soft, #a59b8c); --p-rule: var(--rule, #38332d); --p-accent: var(--accent, #f0906f); --p-fill: var(--raised, #211e1b); --p-wash: var(--accent-wash, #33211b); } }
.drawing text { fill: var(--p-ink); } .drawing text.soft { fill: var(--p-soft); } .drawing text.accent { fill: var(--p-accent); } .drawing text.title { font-weight: 600; }
.drawing path { fill: none; stroke: var(--p-ink); stroke-width: 1.5; stroke-linejoin: round; } .drawing path.soft { stroke: var(--p-soft); } .drawing path.accent { stroke: var(--p-accent); } .drawing path.thick { stroke-width: 2.6; } .drawing .dashed { stroke-dasharray: 4 4; }
.drawing path.head { fill: var(--p-ink); stroke: none; } .drawing path.head.soft { fill: var(--p-soft); } .drawing path.head.accent { fill: var(--p-accent); }
.drawing .box { fill: var(--p-fill); stroke: var(--p-ink); stroke-width: 1.2; } .drawing .box.accent { fill: var(--p-wash); stroke: var(--p-accent); } .drawing .box.soft { stroke: var(--p-soft); } .drawing .box.empty { fill: none; stroke: var(--p-soft); stroke-dasharray: 4 4; }
${style && `${style}\n`}</style>
${parts.flat(Infinity).join('\n')}
</svg>
`;
