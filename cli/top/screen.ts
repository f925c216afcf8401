// The picture on a terminal, drawn anew every second, until somebody ends it.
import { style } from '../style.js';
import { ORDERS, picture, type Order } from './picture.js';
import type { LookOutcome, Programs } from './programs.js';
import { Rates, type SocketRow, type TotalsRow } from './rates.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';
const UP = '\u001b[A';
const DOWN = '\u001b[B';

/** What is shown on the terminal. */
export interface ScreenOptions {
  readonly pid: number | null;
  /** Milliseconds from one look to the next. */
  readonly interval: number;
  readonly order: Order;
}

/** Shows the programs until `q`, Escape or Ctrl+C. */
export function showOnScreen(programs: Programs, { pid, interval, order: first }: ScreenOptions): Promise<void> {
  const { stdin, stdout } = process;
  const rates = new Rates();
  let [order, layers, from, looks] = [first, true, 0, 0];
  let [outcomes, rows, totals]: [LookOutcome[], SocketRow[], TotalsRow[]] = [[], [], []];
  let fault = '';
  const draw = (): void => {
    const [columns, height] = [stdout.columns || 80, stdout.rows || 24];
    from = Math.max(0, Math.min(from, rows.length - 1));
    const empty =
      looks > 0 && outcomes.length === 0 ? ['no program can be looked at: start one with ws2spi run --top'] : [];
    const options = { columns, lines: height - 1, order, layers, from, rates: looks > 1 };
    const lines = picture(outcomes, rows, totals, options);
    const help = `q end · s order: ${order} · l layers ${layers ? 'off' : 'on'} · ↑↓ scroll`;
    const last = fault === '' ? style('dim', help.slice(0, columns)) : style('red', fault.slice(0, columns));
    const shown = [...(empty.length > 0 ? empty : lines), last];
    stdout.write(HOME + shown.map((line) => line + REST_OF_LINE).join('\r\n') + REST_OF_SCREEN);
  };
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const look = async (): Promise<void> => {
      try {
        outcomes = await programs.look(pid, Math.max(interval, 1000));
        rows = rates.rows(outcomes);
        totals = rates.totals(outcomes);
        looks++;
        fault = '';
      } catch (error) {
        fault = (error as Error).message;
      }
      if (over) return;
      draw();
      timer = setTimeout(() => void look(), interval);
    };
    const restore = (): void => void stdout.write(LEAVE);
    const end = (): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      stdin.setRawMode(false);
      stdin.pause();
      stdin.off('data', pressed);
      stdout.off('resize', draw);
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.off(signal, end);
      process.off('exit', restore);
      restore();
      resolve();
    };
    const pressed = (bytes: Buffer): void => {
      // Keys that were pressed at once come as one text.
      for (const key of bytes.toString().match(/\u001b\[[A-Z]|[^]/g) ?? []) {
        if (key === 'q' || key === '\u0003' || key === '\u001b') return end();
        if (key === 's') order = ORDERS[(ORDERS.indexOf(order) + 1) % ORDERS.length]!;
        else if (key === 'l') layers = !layers;
        else if (key === UP || key === 'k') from--;
        else if (key === DOWN || key === 'j') from++;
      }
      draw();
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('data', pressed);
    stdout.on('resize', draw);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, end);
    process.on('exit', restore);
    stdout.write(ENTER);
    void look();
  });
}
