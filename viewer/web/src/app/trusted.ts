/**
 * Trusted Types. The page's policy demands that text which becomes code or markup is
 * blessed first; this is the one place that blesses anything, and it knows a single
 * case: a worker script of our own build. Markup and script text are never blessed,
 * so no name, reason or ticket can become either (THREATS 11).
 */

interface TrustedPolicy {
  createScriptURL(address: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: TrustedPolicy): unknown;
}

declare global {
  interface Window {
    /** Trusted Types (W3C); not in every browser, and not in TypeScript's library. */
    readonly trustedTypes?: TrustedFactory;
  }
}

/** Registers the policy; browsers without Trusted Types need none. */
export function registerTrustedPolicy(where: { trustedTypes?: TrustedFactory; location: { origin: string; href: string } }): void {
  where.trustedTypes?.createPolicy("default", {
    createScriptURL: (address) => ownScript(address, where.location),
  });
}

/** The address when it names a script of our own build; throws otherwise. */
export function ownScript(address: string, page: { origin: string; href: string }): string {
  const url = new URL(address, page.href);
  if (url.origin !== page.origin || !/^\/assets\/[\w./@-]+$/.test(url.pathname)) {
    throw new TypeError("not a script of this application");
  }
  return url.href;
}
