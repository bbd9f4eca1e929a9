// `rxllm install` and `rxllm uninstall`: plugins, by npm.
import type { Command } from 'commander';
import { Observable } from 'rxjs';
import { stderr, stdout } from '../output.ts';
import { runToEnd } from '../run.ts';

export function addInstall(program: Command): void {
  const install: Command = program
    .command('install')
    .description('install plugins from the npm registry, or from a folder or tarball; no script of theirs is run')
    .argument('<package...>', 'NAME, NAME@VERSION, or a path that begins with ./ or /')
    .action(async (given: readonly string[]) => {
      const { installPackages, packageSpec } = await import('../plugins/install.ts');
      checkAll(install, given, packageSpec);
      await runToEnd(
        untilDone(async (signal) => {
          for (const { name, version } of await installPackages(given, { signal, tell })) {
            if (version !== undefined) stdout.line(`Installed ${name} ${version}`);
            else stderr.line(`${name} is installed, but is no plugin of rxllm`, 'yellow');
          }
        }),
      );
    });

  program
    .command('uninstall')
    .description('remove plugins')
    .argument('<name...>', 'packages, as `rxllm plugins` lists them')
    .action((names: readonly string[]) =>
      runToEnd(
        untilDone(async (signal) => {
          const { uninstallPackages } = await import('../plugins/install.ts');
          await uninstallPackages(names, { signal, tell });
          for (const name of names) stdout.line(`Removed ${name}`);
        }),
      ),
    );
}

/** A command line that makes no sense is told as such, before anything is done. */
function checkAll(command: Command, given: readonly string[], check: (each: string) => void): void {
  try {
    for (const each of given) check(each);
  } catch (error) {
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tell(text: string): void {
  stderr.write(text);
}

/** Unsubscribing aborts the work. */
function untilDone(work: (signal: AbortSignal) => Promise<void>): Observable<void> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    work(controller.signal).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => controller.abort();
  });
}
