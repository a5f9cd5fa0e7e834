/**
 * A Firefox that nobody steers: it opens one address and is ended. Debian has no driver for
 * it, and none is needed where the page reports by itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FIREFOX = process.env.BESIDE_FIREFOX ?? "/usr/bin/firefox-esr";

// Nothing is fetched or asked by itself, and a connection within the page needs no network.
const PREFERENCES: Readonly<Record<string, boolean | string>> = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "media.autoplay.default": "0",
  "media.gmp-manager.updateEnabled": false,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

/** Whether there is one. */
export const haveFirefox = existsSync(FIREFOX);

/** Opens an address; the returned function ends it and what it left. */
export async function openFirefox(address: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), "beside-firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${name === "media.autoplay.default" ? Number(value) : JSON.stringify(value)});`);
  await writeFile(join(profile, "user.js"), lines.join("\n"));
  const firefox = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, address], {
    stdio: "ignore",
    detached: true,
    env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
  });
  await new Promise((resolve, reject) => firefox.once("spawn", resolve).once("error", reject));
  return async () => {
    await ended(firefox);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}

// Its processes are one group of their own.
async function ended(firefox: ChildProcess): Promise<void> {
  if (firefox.pid === undefined || firefox.exitCode !== null) {
    return;
  }
  const gone = new Promise((resolve) => firefox.once("exit", resolve));
  process.kill(-firefox.pid, "SIGKILL");
  await gone;
}
