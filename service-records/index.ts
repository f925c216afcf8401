/**
 * Services and service classes as name spaces keep them that are registered with: what a registration does to them, how
 * they answer questions, and how they are written down.
 *
 * @module
 */
export { answerQuestion, isAskedFor, type KeptServices } from './answers.js';
export { classFromJson, classToJson, classPort, recordFromJson, recordText, recordToJson } from './json.js';
export {
  checkRegistration,
  deregistered,
  registered,
  type Registration,
  type SoundRegistration,
} from './operations.js';
export { nameKey, recordKey, type ServiceRecord } from './record.js';
