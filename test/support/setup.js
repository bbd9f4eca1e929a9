// Each test file has modules of its own, but all files of a process share its streams: one listener a file is no leak.
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
