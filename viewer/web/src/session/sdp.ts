/**
 * Reads what matters of a session description: which certificate it names and what it
 * would make this browser receive. The agent's description is refused unless it names
 * the certificate that the handshake bound, and that one only (THREATS 5, 20).
 */
import { equalTags } from "./cpace";
import { FINGERPRINT_BYTES } from "./handshake";
import { MAX_MEDIA_LINES, MAX_SDP } from "./limits";

export type DescriptionProblem = "too-large" | "no-fingerprint" | "other-fingerprint" | "unexpected-media";

/** A session description that must not be used. */
export class DescriptionRefused extends Error {
  readonly problem: DescriptionProblem;

  constructor(problem: DescriptionProblem) {
    super(`sdp: ${problem}`);
    this.name = "DescriptionRefused";
    this.problem = problem;
  }
}

// What the page offers, and so all that an answer may hold: the picture with its
// retransmission and error correction, voice, and the data channels.
const CODECS: readonly string[] = ["vp9", "rtx", "red", "ulpfec", "flexfec-03", "opus"];

/** The fingerprint of the certificate that our own offer names. */
export function ownFingerprint(sdp: string): Uint8Array {
  const [first] = fingerprints(sdp);
  if (first == null) {
    throw new DescriptionRefused("no-fingerprint");
  }
  return first;
}

/** Throws DescriptionRefused unless the agent's answer is one that this page can want. */
export function checkAnswer(sdp: string, bound: Uint8Array): void {
  if (sdp.length > MAX_SDP) {
    throw new DescriptionRefused("too-large");
  }
  const named = fingerprints(sdp);
  if (named.length === 0) {
    throw new DescriptionRefused("no-fingerprint");
  }
  if (!named.every((fingerprint) => fingerprint !== null && equalTags(fingerprint, bound))) {
    throw new DescriptionRefused("other-fingerprint");
  }
  checkMedia(lines(sdp));
}

function checkMedia(all: readonly string[]): void {
  const open = (kind: string) => sections(all, kind).filter((section) => !isClosed(section));
  const video = open("video");
  const codecs = all.filter((line) => line.startsWith("a=rtpmap:")).map((line) => line.split(" ")[1]?.split("/")[0]?.toLowerCase() ?? "");
  const expected =
    video.length <= 1 &&
    open("audio").length <= 1 &&
    open("application").length === 1 &&
    all.filter((line) => line.startsWith("m=")).length <= MAX_MEDIA_LINES &&
    all.every((line) => !line.startsWith("m=") || /^m=(video|audio|application) /.test(line)) &&
    codecs.every((codec) => CODECS.includes(codec)) &&
    // The page sends no picture, so the agent must not want one.
    !video.flat().some((line) => line === "a=sendrecv" || line === "a=recvonly");
  if (!expected) {
    throw new DescriptionRefused("unexpected-media");
  }
}

// A rejected line; one that may only go together with others has port 0 as well (RFC 8843, 6).
function isClosed([first = "", ...rest]: readonly string[]): boolean {
  return first.split(" ")[1] === "0" && !rest.includes("a=bundle-only");
}

// The lines of every media section of a kind.
function sections(all: readonly string[], kind: string): string[][] {
  const found: string[][] = [];
  let current: string[] | null = null;
  for (const line of all) {
    if (line.startsWith("m=")) {
      current = line.startsWith(`m=${kind} `) ? [] : null;
      if (current !== null) {
        found.push(current);
      }
    }
    current?.push(line);
  }
  return found;
}

// All that are named, null for each that is not a SHA-256 (RFC 8122).
function fingerprints(sdp: string): (Uint8Array | null)[] {
  return lines(sdp)
    .filter((line) => /^a=fingerprint:/i.test(line))
    .map((line) => {
      const [algorithm, value] = line.slice("a=fingerprint:".length).trim().split(/ +/);
      return algorithm?.toLowerCase() === "sha-256" ? readHex(value ?? "") : null;
    });
}

function readHex(text: string): Uint8Array | null {
  const parts = text.split(":");
  if (parts.length !== FINGERPRINT_BYTES || !parts.every((part) => /^[0-9a-f]{2}$/i.test(part))) {
    return null;
  }
  return Uint8Array.from(parts, (part) => parseInt(part, 16));
}

function lines(sdp: string): string[] {
  return sdp.split(/\r\n|\r|\n/);
}
