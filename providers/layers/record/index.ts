/**
 * The layer that records: what connections and datagrams carried, in one readable file, which the layer `replay` serves
 * back without a network.
 *
 * @module
 */
import { defineLayer, LayerCannotStart, type CodecConnection, type Layer } from '../../../chain/index.js';
import {
  PATTERNS,
  recordedConnections,
  recordedDatagrams,
  recordedFailures,
  RecordingFile,
  rulesOf,
  Substitution,
  type ConversationStyle,
  type Pattern,
} from '../../../recordings/index.js';
import { WSAEPROVIDERFAILEDINIT, type LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions, FLAG, textThat, type OptionRule } from '../../../spi/option-check.js';

export type { Pattern } from '../../../recordings/index.js';

/** What is recorded, and where. */
export interface RecordOptions {
  /**
   * The file, which is made anew for its owner's eyes alone. `%p` in it stands for the number of the process, `%t` for that of
   * the thread.
   */
  readonly file: string;
  /** Whether what is in the file already stays, and this is added; `false` if absent. */
  readonly append?: boolean;
  /**
   * What is left out: texts, expressions, or either with its replacement; `[redacted]` is put in the place of those without.
   * Nothing if absent.
   */
  readonly redact?: readonly Pattern[];
  /** Whether it is recorded when things happened, so that `replay` can take as long; `false` if absent. */
  readonly times?: boolean;
  /**
   * Whether long blocks of bytes that are no text are written as they are, which costs the least; `true` if absent. With `false` they are
   * base64, and the file is text throughout, which any editor keeps.
   */
  readonly raw?: boolean;
  /** The layer's name; `record` if absent. */
  readonly name?: string;
}

const RULES: Readonly<Record<keyof RecordOptions, OptionRule>> = {
  file: textThat((value) => value !== '' && !value.includes('\0'), 'the path of a file'),
  append: FLAG,
  redact: PATTERNS,
  times: FLAG,
  raw: FLAG,
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/**
 * Makes a layer that records. What its instances carry is recorded in one file; other processes, and other layers, need
 * another one.
 *
 * @param options what it records, and where
 * @throws TypeError for an option that there is not, or that cannot be so; it names the option and what it must be
 */
export function record(options: RecordOptions): Layer {
  checkOptions('record', options, RULES);
  if (options?.file === undefined) throw new TypeError('record: `file` must be the path of a file, not undefined');
  const { file: path, append = false, redact = [], times = false, raw = true, name = 'record' } = options;
  const redaction = redact.length === 0 ? null : new Substitution(rulesOf(redact, '[redacted]'));
  let tell: (message: string) => void = () => undefined;
  let namesOf: ConversationStyle['namesOf'] = () => [];
  const file = new RecordingFile(path, { append, raw }, (message) => tell(`${name}: ${message}`));
  const style = (connection: CodecConnection): ConversationStyle => ({
    redaction,
    clock: times ? () => connection.now() : null,
    namesOf,
  });
  const layer = defineLayer({
    name,
    version: '1.0.0',
    codec: recordedConnections(file, style),
    datagrams: recordedDatagrams(file, style),
    connectFailed: recordedFailures(file, style),
    listening: (connection) => file.listens(connection.localName()),
    overrides: ({ host }) => {
      tell = (message) => host.report({ message, provider: name });
      namesOf = (address) => host.resolvedNames(address);
      // A recording that cannot be written ends the start of the layer, and with it every connection.
      LayerCannotStart.unless(name, () => file.open());
      return {
        WSPCleanup(lower, lpErrno) {
          const result = lower.lpWSPCleanup(lpErrno);
          file.close();
          return result;
        },
      };
    },
  });
  return layer;
}

const NEEDS_FILE =
  'record: the layer needs to know where: install a module of two lines, ' +
  "`import { record } from 'ws2spi/providers/layers/record';` and `export const { WSPStartup } = record({ file: '/path/of/the.recording' });`";

/** The layer as a provider: it starts nothing, for nobody has said where to record. Install a module that says it. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _protocolInfo, upcalls) => {
  upcalls?.host.report({ message: NEEDS_FILE, provider: 'record' });
  return WSAEPROVIDERFAILEDINIT;
};
