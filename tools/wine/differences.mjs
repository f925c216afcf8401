// What Wine does otherwise than Windows, and why: tests of the I/O suite that fail for it, and would pass on Windows. Only what Wine lacks, or
// hands on of Linux' ways, belongs here, no fault of this package's.

/**
 * @typedef {object} Difference
 * @property {string} reason
 * @property {readonly [file: string, tests: RegExp][]} tests a file of test/rooms/io, without its ending, and the names of its tests
 * @property {boolean} [hangs] they wait for ever for it: they are not run
 */

/** @type {readonly Difference[]} */
export const DIFFERENCES = [];

const fileName = (file) =>
  file
    .replaceAll('\\', '/')
    .replace(/^.*\//, '')
    .replace(/\.test\.ts$/, '');

/** The reason for which a test is expected to fail; `null` when it is expected to pass. */
export function differenceOf(file, name) {
  const found = DIFFERENCES.find(({ tests }) =>
    tests.some(([where, pattern]) => where === fileName(file) && pattern.test(name)),
  );
  return found?.reason ?? null;
}

/** The patterns of the names of a file's tests that are not run. */
export function hangsOf(file) {
  const hanging = DIFFERENCES.filter(({ hangs }) => hangs === true).flatMap(({ tests }) => tests);
  return hanging.filter(([where]) => where === fileName(file)).map(([, pattern]) => pattern);
}
