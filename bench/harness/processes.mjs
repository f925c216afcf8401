// Servers and clients as processes of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const START_TIMEOUT = 15_000;
const STOP_TIMEOUT = 5_000;

/** Collects what a stream says, its last `limit` characters. */
function collect(stream, limit = 4000) {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text) => (collected.text = (collected.text + text).slice(-limit)));
  return collected;
}

/** A process that answers in lines of JSON: first by itself, then whatever it is asked. */
export class Companion {
  #child;
  #stderr;
  /** What was said and not yet asked for, and who waits for the next line. */
  #lines = [];
  #waiter = null;
  #ended = null;

  /**
   * Starts a process and waits for its first line.
   *
   * @param {string[]} command
   * @param {number} [timeout] milliseconds
   */
  static async start(command, timeout = START_TIMEOUT) {
    const companion = new this();
    companion.#begin(command);
    try {
      companion.first = await companion.#nextLine(timeout);
    } catch (error) {
      await companion.stop();
      throw new Error(`${command.join(' ')}: ${error.message}\n${companion.#stderr.text}`, { cause: error });
    }
    return companion;
  }

  /** What the process has written to its standard error. */
  get complaints() {
    return this.#stderr.text.trim();
  }

  /** Writes a line to the process and waits for the line of JSON that it answers with. */
  async ask(question, timeout = START_TIMEOUT) {
    this.#child.stdin.write(`${question}\n`);
    try {
      return await this.#nextLine(timeout);
    } catch (error) {
      throw new Error(`${question}: ${error.message}\n${this.complaints}`, { cause: error });
    }
  }

  /** Sends the process a signal. */
  signal(name) {
    this.#child.kill(name);
  }

  /** Ends the process by closing its standard input, so that it can still write a profile; by force if it does not end. */
  async stop() {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
    await ended;
    clearTimeout(timer);
  }

  #begin(command) {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    // Its standard input is closed to end it; it may be gone by then.
    child.stdin.on('error', () => {});
    this.#stderr = collect(child.stderr);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
      for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) this.#lines.push(text.slice(0, end));
      this.#waiter?.();
    });
    const end = (error) => {
      this.#ended ??= error;
      this.#waiter?.();
    };
    child.once('error', end);
    child.once('exit', (code, signal) => end(new Error(`ended (${signal ?? code}) before it answered`)));
  }

  #nextLine(timeout) {
    return new Promise((resolve, reject) => {
      const settle = () => {
        const line = this.#lines.shift();
        if (line === undefined && this.#ended === null) return;
        clearTimeout(timer);
        this.#waiter = null;
        if (line === undefined) return reject(this.#ended);
        try {
          resolve(JSON.parse(line));
        } catch {
          reject(new Error(`said "${line}" where JSON belongs`));
        }
      };
      const timer = setTimeout(() => {
        this.#waiter = null;
        reject(new Error(`said nothing within ${timeout} ms`));
      }, timeout);
      this.#waiter = settle;
      settle();
    });
  }
}

/** A server that runs; it has told its port. */
export class Server extends Companion {
  get port() {
    return this.first.port;
  }
}

/**
 * Runs a command to its end.
 *
 * @param {string[]} command
 * @param {number} timeout milliseconds
 * @returns what it printed
 * @throws Error when it ends with another status than 0, or is not done in time
 */
export async function runForText(command, timeout) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout, 1_000_000);
  const stderr = collect(child.stderr);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  try {
    const [code, signal] = await once(child, 'close');
    if (code !== 0) throw new Error(`ended with ${signal ?? code}: ${stderr.text.trim() || 'no message'}`);
    return stdout.text;
  } catch (error) {
    throw new Error(`${command.join(' ')}: ${error.message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The same for a command that prints JSON. */
export async function runForJson(command, timeout) {
  return JSON.parse(await runForText(command, timeout));
}
