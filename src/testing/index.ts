// Tests in virtual time: models that follow marble diagrams, expectations, and tapes of real responses.
export {
  fakeModel,
  type FakeModel,
  type FakeModelOptions,
  type RunLog,
  type TurnFunction,
  type TurnLike,
} from './fakeModel.ts';
export { turn, type Said, type Turn } from './turn.ts';
export { call, callFragments, failure, finish, thought, tokens } from './said.ts';
export { marbles, type ClosedExpectation, type MarbleHelpers, type RequestsExpectation } from './marbles.ts';
export type { ExpectedRequest } from './expectRequests.ts';
export { like, type AsymmetricMatcher } from './like.ts';
export { record, type RecordOptions } from './record.ts';
export { replay, type ReplayFault, type ReplayOptions } from './replay.ts';
export { withFaults, type Fault, type TapePoint } from './faults.ts';
export { parseTape, parseTapes, writeTape, type Tape, type TapeChunk, type TapeEnd } from './tape.ts';
export { toMarbles, type ModelMaker, type TimedEvents } from './toMarbles.ts';
export { together, type Together } from './together.ts';
