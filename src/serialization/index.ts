// rxllm/serialization: the only entry that needs zod.
export { fromJSON, type FromJSONOptions } from './fromJSON.ts';
export { MessageSchema, PartSchema, ResponseSchema, StreamEventSchema } from './schemas.ts';
