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

/** A server that runs; it has told its port. */
export class Server {
  #child;
  #stderr;

  /**
   * Starts a server and waits for its port.
   *
   * @param {string[]} command
   */
  static async start(command) {
    const server = new Server();
    server.#child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    // Its standard input is closed to end it; it may be gone by then.
    server.#child.stdin.on('error', () => {});
    server.#stderr = collect(server.#child.stderr);
    try {
      server.port = await server.#readPort();
    } catch (error) {
      await server.stop();
      throw new Error(`${command.join(' ')}: ${error.message}\n${server.#stderr.text}`, { cause: error });
    }
    return server;
  }

  /** What the server has written to its standard error. */
  get complaints() {
    return this.#stderr.text.trim();
  }

  #readPort() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`told no port within ${START_TIMEOUT} ms`)), START_TIMEOUT);
      const end = (settle, value) => {
        clearTimeout(timer);
        settle(value);
      };
      let text = '';
      this.#child.stdout.setEncoding('utf8').on('data', (more) => {
        text += more;
        const line = text.indexOf('\n');
        if (line < 0) return;
        try {
          end(resolve, JSON.parse(text.slice(0, line)).port);
        } catch {
          end(reject, new Error(`said "${text.slice(0, line)}" where its port belongs`));
        }
      });
      this.#child.once('error', (error) => end(reject, error));
      this.#child.once('exit', (code, signal) => end(reject, new Error(`ended (${signal ?? code}) before it served`)));
    });
  }

  /** Ends the server by closing its standard input, so that it can still write a profile; by force if it does not end. */
  async stop() {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
    await ended;
    clearTimeout(timer);
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
