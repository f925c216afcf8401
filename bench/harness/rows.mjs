// The lines of the result.
import { median } from './statistics.mjs';

/** How figures are written in the table. */
export const wholeNumber = (value) => Math.round(value).toLocaleString('en');
export const gigabytes = (value) => (value / 1e9).toFixed(2);
/** One digit after the point where there would be few figures before it. */
export const megabytes = (value) => (value / 1e6).toFixed(value < 1e8 ? 1 : 0);
export const nanoseconds = (value) => `${value.toFixed(1)} ns`;

/** How each unit's figures are written; others as whole numbers. */
const FORMATS = { 'GB/s': gigabytes, 'MB/s': megabytes };

/**
 * One line of the result: a quantity and what it is compared with.
 *
 * @typedef {object} Row
 * @property {string} name what was measured
 * @property {string} measured the figures, as text
 * @property {string} value the ratio or the cost, as text
 * @property {string} target what must be reached, as text; empty for information
 * @property {boolean | null} reached `null` when there is no target
 * @property {object} data the numbers
 */

/** Two servers' medians as a ratio. The range is that of the ratios within rounds. */
function compare(name, results, own, other, unit) {
  const ratio = results[own].median / results[other].median;
  const ratios = results[own].rates.map((rate, round) => rate / results[other].rates[round]);
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return {
    name,
    measured: [own, other].map((server) => describe(server, results[server], unit)).join('; '),
    value: `${ratio.toFixed(2)} × ${other} (${range} in rounds)`,
    target: '',
    reached: null,
    data: { ratio, ratios, medianOfRatios: median(ratios), own: results[own], other: results[other] },
  };
}

function describe(server, { median: middle, min, max }, unit) {
  const format = FORMATS[unit] ?? wholeNumber;
  return `${server} ${format(middle)} ${unit} (${format(min)}–${format(max)})`;
}

/**
 * A rate that must be at least so many times another one.
 *
 * @returns {Row}
 */
export function ratioRow(name, results, own, other, least, unit) {
  const row = compare(name, results, own, other, unit);
  const { ratio } = row.data;
  row.data.least = least;
  return { ...row, target: `≥ ${least.toFixed(2)} × ${other}`, reached: ratio >= least };
}

/**
 * A cost that must be at most so many times another one.
 *
 * @returns {Row}
 */
export function limitRow(name, results, own, other, most, unit) {
  const row = compare(name, results, own, other, unit);
  const { ratio } = row.data;
  row.data.most = most;
  return { ...row, target: `≤ ${most.toFixed(2)} × ${other}`, reached: ratio <= most };
}

/**
 * What a server without a target did, for comparison.
 *
 * @returns {Row}
 */
export function informationRow(name, results, own, other, unit) {
  return compare(name, results, own, other, unit);
}
