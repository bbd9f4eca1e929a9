// Many pieces of work at once, but not so many that files cannot be opened any more, and none goes on behind an error.

/** Does all, sixteen at a time. What has begun comes to its end before it rejects. */
export async function doAll(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const left = tasks.values();
  const worker = async () => {
    for (const task of left) await task();
  };
  const workers = Array.from({ length: 16 }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
