// Whether a request comes from this machine itself.

// A proxy on this machine passes on what came from anywhere, and says so in one of these.
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

export function isLoopback(request: { readonly address?: string; readonly headers: Headers }): boolean {
  const { address = '', headers } = request;
  if (forwarding.some((name) => headers.has(name))) return false;
  return address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address);
}
