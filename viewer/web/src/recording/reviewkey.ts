/**
 * The organisation's identity, with which its reviewers open recordings. It is made
 * in the browser, leaves it only under a passphrase, and a second one (recovery) is
 * shown once and kept on paper.
 */
import { Decrypter, Encrypter, armor, generateX25519Identity, identityToRecipient } from "age-encryption";
import { RecordingError } from "./recording";

/** At least this many characters; the page says so before it is typed. */
export const PASSPHRASE_MIN = 12;

// A power of two, age's own default: a second or two and 256 MiB in a browser. The Go
// side (recording/seal.go) accepts up to 19, so that a file cannot ask for any effort.
const SCRYPT_LOG_N = 18;

/** What set-up makes. The strings with SECRET in them are never sent anywhere. */
export interface NewReviewKey {
  /** age1… for agents to seal recordings to. */
  readonly recipient: string;
  /** The identity under the passphrase: an armored age file, to be stored by the relay. */
  readonly wrappedIdentity: string;
  readonly recoveryRecipient: string;
  /** AGE-SECRET-KEY-1… to be shown once and kept offline. */
  readonly recoveryIdentity: string;
}

/** Makes the organisation's identity and the recovery one. */
export function createReviewKey(passphrase: string): Promise<NewReviewKey> {
  return createReviewKeyWith(passphrase, SCRYPT_LOG_N);
}

/** As createReviewKey, with another work factor of scrypt (a power of two); for tests. */
export async function createReviewKeyWith(passphrase: string, scryptLogN: number): Promise<NewReviewKey> {
  if ([...passphrase].length < PASSPHRASE_MIN) {
    throw new RangeError(`the passphrase has fewer than ${PASSPHRASE_MIN} characters`);
  }
  const identity = await generateX25519Identity();
  const recoveryIdentity = await generateX25519Identity();
  return {
    recipient: await identityToRecipient(identity),
    wrappedIdentity: await wrapIdentity(identity, passphrase, scryptLogN),
    recoveryRecipient: await identityToRecipient(recoveryIdentity),
    recoveryIdentity,
  };
}

/** An unwrapped identity. It lives in memory only, for as long as the page does. */
export class ReviewKey {
  readonly recipient: string;
  readonly #identity: string;

  private constructor(identity: string, recipient: string) {
    this.#identity = identity;
    this.recipient = recipient;
  }

  /** Opens the wrapped identity. A wrong passphrase is RecordingError wrong-passphrase. */
  static async unwrap(wrappedIdentity: string, passphrase: string): Promise<ReviewKey> {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    let file: string;
    try {
      file = await decrypter.decrypt(armor.decode(wrappedIdentity), "text");
    } catch {
      throw new RecordingError({ kind: "wrong-passphrase" });
    }
    return ReviewKey.fromIdentity(file);
  }

  /** Takes an identity as age writes it: AGE-SECRET-KEY-1…, with comments after # or without. */
  static async fromIdentity(text: string): Promise<ReviewKey> {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const identity = lines.find((line) => line !== "" && !line.startsWith("#")) ?? "";
    try {
      return new ReviewKey(identity, await identityToRecipient(identity));
    } catch {
      throw new RecordingError({ kind: "wrong-passphrase" });
    }
  }

  /** Decrypts `key.age` into the recording's own identity. */
  async openRecordingKey(keyFile: Uint8Array): Promise<string> {
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.#identity);
    try {
      return (await decrypter.decrypt(keyFile, "text")).trim();
    } catch {
      throw new RecordingError({ kind: "not-for-us" });
    }
  }
}

async function wrapIdentity(identity: string, passphrase: string, scryptLogN: number): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(scryptLogN);
  return armor.encode(await encrypter.encrypt(`${identity}\n`));
}
