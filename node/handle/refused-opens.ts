// Node.js makes errors of libuv's numbers, which cannot say why a chain has no socket: the error that a socket or server emits is
// told it before anybody sees it.
import { errorMonitor } from 'node:events';
import { nodeErrorCode } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import { uvErrorOf, winsockErrorBehind } from './uv-errors.js';

/** A socket or server of Node.js', as far as it emits errors. */
interface Emitter {
  once?(event: symbol, listener: (error: unknown) => void): unknown;
}

/** What those are to say whose next error is waited for. */
const reasons = new WeakMap<Emitter, ChainError>();

type Told = Partial<ChainError> & Error;

/**
 * Has the next error of a socket or server say why its chain could not be opened, or what its chain has done wrong.
 *
 * @param owner the socket or server; nothing is done for what is neither
 * @param refusal why there is no socket; with `wsaError` 0 it explains whatever error comes
 */
export function explainNextError(owner: unknown, refusal: ChainError): void {
  const emitter = owner as Emitter | null | undefined;
  if (typeof emitter?.once !== 'function') return;
  const isWaiting = reasons.has(emitter);
  reasons.set(emitter, refusal);
  if (isWaiting) return;
  emitter.once(errorMonitor, (error) => {
    explain(error, reasons.get(emitter)!);
    reasons.delete(emitter);
  });
}

function explain(error: unknown, refusal: ChainError): void {
  if (!(error instanceof Error)) return;
  if (error instanceof AggregateError) {
    for (const each of error.errors) explain(each, refusal);
    if (error.message === '') error.message = refusal.message;
  }
  const told = error as Told;
  // Another error has come first.
  if (told.wsaError !== undefined) return;
  const { message, stack } = told;
  const explained = refusal.wsaError || winsockErrorBehind(told.errno ?? 0);
  if (explained === undefined || told.errno !== uvErrorOf(explained)) return;
  const code = nodeErrorCode(explained);
  const without = refusal.message.replace(/^socket \S+:? ?/, '');
  const [what] = message.replace(/ UNKNOWN(: unknown error)?/, ` ${code}`).split(' - Local (undefined');
  told.message = `${what}${without === '' ? '' : `: ${without}`}`;
  if (stack !== undefined) told.stack = stack.replace(message, () => told.message);
  told.code = code;
  told.wsaError = explained;
}
