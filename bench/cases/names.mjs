// Names by DNS: from the cache, from a server, and very many at once.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { ratioRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const UNIT = 'look-ups/s';
/** What is compared, and how many times as fast it must be. */
const RATIOS = [
  ['names from the cache, getaddrinfo', 'getaddrinfo, cached', 'dns.lookup', 20],
  ['names from the cache, lookup', 'lookup, cached', 'dns.lookup', 20],
  ['names from a server, one after the other', 'lookup, one by one', 'dns.Resolver, one by one', 1],
  ['names from a server, 100 at once', 'lookup, 100 at once', 'dns.Resolver, 100 at once', 1.5],
];
const MOST_BYTES = 2048;
/** What a machine that is busy may add to a time-out, in milliseconds: 1,000 answers have to be taken after it. */
const ALLOWANCE = 500;

async function names(context) {
  const command = [process.execPath, '--expose-gc', benchPath('names.mjs'), '--rounds', '3', '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(command, 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const of = (name) => {
    const rates = processes.map((each) => summarize(each.rates[name]).median);
    return { ...summarize(rates), rates };
  };
  const rows = RATIOS.map(([title, own, other, least]) =>
    ratioRow(title, { [own]: of(own), [other]: of(other) }, own, other, least, UNIT),
  );
  const inFlight = processes.map((each) => each.inFlight);
  const { count, timeout } = inFlight[0];
  const latest = Math.max(...inFlight.map((each) => each.latest));
  const bytes = summarize(inFlight.map((each) => each.bytesEach)).median;
  const title = `${count} look-ups in flight, the first server dead`;
  rows.push(
    {
      name: `${title}: the latest answer`,
      measured: `${Math.round(latest)} ms with a time-out of ${timeout} ms`,
      value: `${Math.round(latest)} ms`,
      target: `≤ ${timeout + ALLOWANCE} ms`,
      reached: latest <= timeout + ALLOWANCE,
      data: { inFlight },
    },
    {
      name: `${title}: memory`,
      measured: `${Math.round(bytes)} bytes each, with all that waits for them`,
      value: `${Math.round(bytes)} bytes`,
      target: `≤ ${MOST_BYTES} bytes`,
      reached: bytes <= MOST_BYTES,
      data: { inFlight },
    },
  );
  return rows;
}

/** The cases of this file, as `cases.mjs` has them. */
export const NAME_CASES = {
  names: {
    title: 'names by DNS, from cache and server, against dns.lookup and dns.Resolver',
    rounds: 3,
    measure: names,
  },
};
