/**
 * Tools for the tests of layers and of programs: an instance on a private network in memory whose time and chance are
 * the test's own, a connected pair of sockets, and a verifier that drives a codec drop by drop and all at once under
 * every I/O model.
 *
 * ```ts
 * import { connectedPair, createTestInstance } from 'ws2spi/testkit';
 * using test = createTestInstance();
 * const { client, server } = connectedPair(test.ws2);
 * ```
 *
 * @module
 */
export { createTestInstance, type TestInstance, type TestInstanceOptions } from './instance.js';
export type { RunOptions } from './run.js';
export { connectedPair, type ConnectedPair, type ConnectedPairOptions } from './pair.js';
export { embedded, type EmbeddedLayers, type EmbeddedOptions } from './embedded.js';
export { drip, firehose } from './pieces.js';
export { buffer, loopback, noise, textOf } from './provider/names-and-buffers.js';
export { ProviderWorld } from './provider/provider-world.js';
export type { ProviderFactory, ProviderUnderTest } from './provider/subject.js';
export type { Capability } from './provider/suite.js';
export type { ProviderCase } from './provider/provider-case.js';
export type { CaseCounts, CaseOutcome, ProofReport, ProveOptions, ProviderCases } from './provider/report.js';
export { testProvider, type TestProviderOptions } from './provider/test-provider.js';
export type { NameSpaceFactory, NameSpaceQuery, NameSpaceUnderTest } from './name-space/subject.js';
export type { NameSpaceCapability } from './name-space/suite.js';
export { testNameSpace, type NameSpaceCase, type TestNameSpaceOptions } from './name-space/test-name-space.js';
export { simulate, SimulationError, type SimulationFailure, type SimulationReport } from './simulation/simulate.js';
export type { SimulatedNetwork } from './simulation/network.js';
export type { SimulatedTime, SimulateOptions } from './simulation/options.js';
export type { SimulationFaults } from './simulation/faults.js';
export type { Scenario } from './simulation/run-once.js';
export type { NodeProgram, SimulatedNode, SimulatedWorld } from './simulation/world.js';
export { verifyCodec, type LayerUnderTest, type VerifyCodecOptions } from './verify-codec.js';
