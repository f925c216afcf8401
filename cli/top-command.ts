import { oneOfWords, readArguments, UsageError, wholeNumber, type Command } from './command.js';
import { ORDERS, picture, type Order } from './top/picture.js';
import { Programs } from './top/programs.js';
import { Rates } from './top/rates.js';
import { showOnScreen } from './top/screen.js';

const OPTIONS = {
  json: { type: 'boolean' },
  sort: { type: 'string' },
  interval: { type: 'string' },
} as const;

const HELP = `Usage: ws2spi top [pid] [options]

Shows what is open in programs that were started by ws2spi run --top, or with the hook and WS2SPI_TOP=1: sockets, their chains, bytes
and rates, also below each layer, and what each chain carried in all, with the sockets that have closed. On a terminal it is drawn anew
every second; elsewhere it is printed once.

Options:
  --json            one look, as JSON: an object for each thread
  --sort <order>    ${ORDERS.join(', ')}; rate if absent
  --interval <ms>   milliseconds between looks on a terminal, 100 to 60000; 1000 if absent
  -h, --help        this text

Keys: q ends it, s sorts otherwise, l hides and shows layers, arrows scroll.

Exit codes: 0 done, 1 no such program can be looked at, 2 used wrongly.`;

/** Milliseconds that a thread has to answer, where one look is all. */
const PATIENCE = 2000;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('top', args, OPTIONS);
  const [word, ...more] = positionals;
  if (more.length > 0) throw new UsageError('top takes one process, by its number; see ws2spi top --help');
  if (word !== undefined && !/^\d{1,10}$/.test(word))
    throw new UsageError(`top takes the number of a process, not "${word}"`);
  const pid = word === undefined ? null : Number(word);
  const order = (values.sort ?? 'rate') as Order;
  if (!ORDERS.includes(order)) {
    throw new UsageError(`--sort takes one of ${ORDERS.join(', ')}, not "${order}"${oneOfWords(ORDERS, order)}`);
  }
  const interval = wholeNumber('interval', values.interval ?? '1000', 100, 60_000);
  const programs = new Programs();
  try {
    const isOnce = values.json === true || !process.stdin.isTTY || !process.stdout.isTTY;
    const outcomes = await programs.look(pid, PATIENCE);
    if (outcomes.length === 0) throw new Error(await nobody(programs, pid));
    if (!isOnce) await showOnScreen(programs, { pid, interval, order });
    else if (values.json === true)
      console.log(JSON.stringify(outcomes.map(({ look, ...each }) => look ?? { ...each, silent: true })));
    else {
      const all = { columns: Infinity, lines: Infinity, layers: true, from: 0, rates: false };
      const rates = new Rates();
      const [rows, totals] = [rates.rows(outcomes), rates.totals(outcomes)];
      console.log(picture(outcomes, rows, totals, { ...all, order }).join('\n'));
    }
    return 0;
  } finally {
    programs.close();
  }
}

async function nobody(programs: Programs, pid: number | null): Promise<string> {
  const how = 'start it by ws2spi run --top, or with WS2SPI_TOP=1 and the hook';
  if (pid === null) return `no program can be looked at: ${how}`;
  const others = [...new Set((await programs.look(null, PATIENCE)).map((each) => each.pid))];
  const known = others.length === 0 ? '' : `; there ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')}`;
  return `process ${pid} cannot be looked at: ${how}${known}`;
}

/** `ws2spi top`: what is open in running programs. */
export const topCommand: Command = {
  name: 'top',
  summary: 'shows the sockets of running programs, with bytes and rates below each layer',
  help: HELP,
  options: OPTIONS,
  values: { sort: ORDERS },
  run,
};
