/**
 * Filters of a layer, which decide where its sockets lead and who gets through to them, and what they are told of a connection.
 *
 * @module
 */
export { createFilterAsker } from './ask-filter.js';
export {
  WAITS,
  type AskFilter,
  type Filter,
  type OpenQuestion,
  type PatientCaller,
  type Verdict,
} from './filter-request.js';
export {
  askName,
  nameIn,
  type CodecConnection,
  type CodecRole,
  type ConnectionName,
  type Destination,
} from './connection.js';
export { anyName, bindImplicitly, type NamelessSocket } from './implicit-bind.js';
export {
  installFilters,
  isMappedIPv4,
  leadsSomewhere,
  leadsToAnotherHost,
  type AcceptFilter,
  type BindFilter,
  type ConnectFilter,
  type FilterPurpose,
  type FilterRequest,
  type Filters,
} from './filters.js';
