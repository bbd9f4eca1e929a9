// rxllm/mcp: the tools of Model Context Protocol servers.
export type { McpClient, McpTool } from './client.ts';
export { mcpTools, type McpToolsOptions } from './mcpTools.ts';
