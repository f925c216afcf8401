// What every server of the benchmark does besides serving.

/** The pattern that clients expect of a source and of an HTTP body: byte i is i modulo 256. */
export function patternBytes(size) {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = at & 0xff;
  return bytes;
}

/** Collections in a row, with time between them for what a first one leaves to be freed. */
const COLLECTIONS = 4;
const BETWEEN_COLLECTIONS = 50;

/** Tells the harness what memory is in use, once what is garbage has gone. Needs `--expose-gc`. */
function tellMemory(left = COLLECTIONS) {
  if (left > 0) {
    globalThis.gc();
    setTimeout(tellMemory, BETWEEN_COLLECTIONS, left - 1);
    return;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ rss, heapUsed, external })}\n`);
}

/**
 * Tells the harness where the server listens, answers its questions, and ends the process when the harness closes its
 * standard input or is gone.
 *
 * @param {number} port
 * @param {() => object} [sample] what it answers when it is asked for a sample
 */
export function announce(port, sample) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0));
  process.stdin.setEncoding('utf8').on('data', (text) => {
    if (text === 'memory\n') tellMemory();
    if (text === 'sample\n' && sample !== undefined) process.stdout.write(`${JSON.stringify(sample())}\n`);
  });
}

/** The mode in `process.argv[2]`, checked. */
export function modeArgument(modes = ['echo', 'sink', 'source']) {
  const mode = process.argv[2];
  if (modes.includes(mode)) return mode;
  process.stderr.write(`usage: node ${process.argv[1]} ${modes.join('|')}\n`);
  process.exit(2);
}
