// Units in file paths: a path ends with the unit that its value is in, so an axis that says another is refused, and what is
// wrong with a value can be put right in words.

interface Measure {
  /** How paths in this unit end. */
  readonly ends: RegExp;
  /** How an axis may name it, at the beginning of its unit. */
  readonly named: RegExp;
  readonly unit: string;
  /** How to write a value. */
  readonly fix: string;
}

const measures: readonly Measure[] = [
  { ends: /Seconds$/, named: /^(s|sec|seconds?)\b/, unit: "s", fix: "give seconds as a number; an hour is 3600" },
  { ends: /Usd$/, named: /^(USD|dollars?|\$|of the fee)/, unit: "USD", fix: "give US dollars as a number" },
  { ends: /Bps$/, named: /^(bps|basis points)\b/, unit: "bps", fix: "give hundredths of a per cent; 5 % is 500" },
  { ends: /Gwei$/, named: /^gwei\b/, unit: "gwei", fix: "give gwei as a number" },
  {
    ends: /Wei$/,
    named: /^wei\b/,
    unit: "wei",
    fix: 'give wei as a whole number; in a parameter file in quotes: "1000"',
  },
  { ends: /Gas$/, named: /^gas\b/, unit: "gas", fix: "give units of gas as a whole number" },
  {
    ends: /(Probability|Missed|[sS]hare|\brate|\basleep|falsePositive|mutation|wrongWhenLazy)$/,
    named: /^(share|probability|fraction|per )/,
    unit: "share",
    fix: "give a number from 0 to 1; five per cent is 0.05",
  },
];

/** Words that name a unit; an axis' unit that begins with none of them is a remark, and is let stand. */
const known =
  /^(s|sec|seconds?|ms|min|minutes?|h|hours?|d|days?|weeks?|USD|dollars?|\$|cents?|EUR|€|bps|basis points|%|per ?cent|percent|gwei|wei|ETH|ether|gas)(\b|$|\s)/i;

const measureOf = (path: string): Measure | undefined => measures.find(({ ends }) => ends.test(path));

/** Why an axis' unit does not fit its path; undefined where it does. */
export function unitProblem(path: string, unit: string): string | undefined {
  const measure = measureOf(path);
  if (measure === undefined || unit === "" || measure.named.test(unit) || !known.test(unit)) return undefined;
  return `wrong unit: ${path} is in ${measure.unit}, the axis says ${unit}; give its values in ${measure.unit}`;
}

/** How to put a value at a path right. */
export function fixFor(path: string): string {
  return measureOf(path)?.fix ?? "correct the value there";
}
