// Tests run on the TypeScript source: package names resolve through the private export condition.
export default {
  // In processes of their own, which are renewed when they have grown: what a test file leaves behind stays in its process.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '1GB',
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@rxllm/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['<rootDir>/test/support/setup.js'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};
