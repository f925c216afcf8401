/**
 * What recordings are made of: the format of their file, how it is written and read, the codecs that record, and what is
 * put in the place of secrets.
 *
 * @module
 */
export { type ConversationStyle } from './conversation.js';
export { parseRecording, readRecording } from './reader.js';
export { recordedConnections, recordedDatagrams, recordedFailures } from './recorded-codec.js';
export {
  Direction,
  endpointText,
  RecordingError,
  type Ending,
  type Endpoint,
  type RecordedConversation,
  type RecordedEvent,
  type Recording,
} from './recording.js';
export { RecordingFile } from './recording-file.js';
export { PATTERNS, rulesOf, type Pattern } from './patterns.js';
export { Substitution, type SubstitutedStream, type SubstitutionRule } from './substitution.js';
export { shownBytes } from './text-form.js';
