// The options that layers which go by a proxy have in common, and their rules.
import { ANY, FLAG, numberThat, textThat, type OptionRule } from '../../spi/option-check.js';

/** By way of which proxy connections go, and how. */
export interface ProxyOptions {
  /** The proxy: `host:port`, or a URL. */
  readonly proxy: string;
  /** The user; that of `proxy` if absent. */
  readonly user?: string;
  /** The password; that of `proxy` if absent. */
  readonly password?: string;
  /** Whether names go to the proxy, so that nobody here looks them up; true if absent. `false` sends addresses alone. */
  readonly remoteNames?: boolean;
  /** Milliseconds that the proxy has to connect; `PROXY_TIMEOUT` if absent. */
  readonly timeout?: number;
  /** The layer's name; that of its folder if absent. */
  readonly name?: string;
}

/** Milliseconds that a proxy has to connect, where no option says otherwise. */
export const PROXY_TIMEOUT = 30_000;

/** What values the options may have. */
export const PROXY_RULES: Readonly<Record<keyof ProxyOptions, OptionRule>> = {
  // Looked at by the layer, for a message must not show what it has of a password; so is that.
  proxy: ANY,
  user: ANY,
  password: ANY,
  remoteNames: FLAG,
  timeout: numberThat((value) => value > 0 && value < Infinity, 'a number of milliseconds above 0'),
  name: textThat((value) => value !== '' && value.length <= 128, 'a text of 1 to 128 characters'),
};
