// What a topic of `testNameSpace` is made of.
import type { NameSpaceWorld } from './world.js';

/**
 * What a name space may lack, and then skips with a reason:
 *
 * - `several results`: a query that finds three items or more (`several`);
 * - `absent names`: a query that finds nothing (`absent`);
 * - `silence`: a query that nobody answers (`silent`);
 * - `hosts`: host names with addresses of IPv4 (`host`);
 * - `registration`: services are registered by WSASetService (`service`);
 * - `several instances`: a service is registered several times, with SERVICE_MULTIPLE;
 * - `changes`: it tells when the answer to a query has changed (SIO_NSP_NOTIFY_CHANGE).
 */
export const NAME_SPACE_CAPABILITIES = [
  'several results',
  'absent names',
  'silence',
  'hosts',
  'registration',
  'several instances',
  'changes',
] as const;

/** One of the {@link NAME_SPACE_CAPABILITIES}. */
export type NameSpaceCapability = (typeof NAME_SPACE_CAPABILITIES)[number];

/** What a case does, with a world of its own. */
export type NameSpaceCaseBody = (world: NameSpaceWorld) => void;

/** A case: a sentence about the topic, what it needs, and what it does. */
export interface NameSpaceCaseOf {
  readonly sentence: string;
  readonly needs: readonly NameSpaceCapability[];
  readonly body: NameSpaceCaseBody;
}

/** A group of cases about one thing. */
export interface NameSpaceTopic {
  readonly title: string;
  readonly cases: readonly NameSpaceCaseOf[];
}

/** Makes a case that needs nothing, or capabilities. */
export function its(sentence: string, body: NameSpaceCaseBody, ...needs: NameSpaceCapability[]): NameSpaceCaseOf {
  return { sentence, needs, body };
}
