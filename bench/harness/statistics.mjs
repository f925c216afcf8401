// Medians and their like; none of them changes its argument.

function sorted(numbers) {
  return [...numbers].sort((a, b) => a - b);
}

/** The value below which a share of the numbers lies, between two of them if need be. */
export function quantile(numbers, share) {
  const order = sorted(numbers);
  if (order.length === 0) return NaN;
  const place = (order.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, order.length - 1);
  return order[below] + (order[above] - order[below]) * (place - below);
}

/** The median. */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The distance between the first and the third quartile. */
export function interquartileRange(numbers) {
  return quantile(numbers, 0.75) - quantile(numbers, 0.25);
}

/** Median, least and most. */
export function summarize(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers), rounds: numbers.length };
}
