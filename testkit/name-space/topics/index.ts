// The topics of `testNameSpace`.
import type { NameSpaceTopic } from '../suite.js';
import { garbage } from './garbage.js';
import { lookUps } from './look-ups.js';
import { registration } from './registration.js';
import { results } from './results.js';
import { waiting } from './waiting.js';

/** What name spaces are tested for. */
export const NAME_SPACE_TOPICS: readonly NameSpaceTopic[] = [lookUps, results, waiting, registration, garbage];
