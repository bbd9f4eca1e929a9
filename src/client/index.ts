// rxllm/client: the hub, from a browser or another process.
export { connect, type ConnectOptions, type FollowOptions, type HubClient, type PromptInput } from './connect.ts';
export type { ConnectionState } from './link.ts';
export type { EndEvent, ErrorJSON, HubEntry, HubEvent, StreamInfo } from '../protocol/entry.ts';
