/** What the line under the code field says while one types. Pure. */
import { parseCode } from "../../session/code";

export interface CodeHint {
  readonly state: "open" | "mistyped" | "right";
  readonly text: string;
}

const LENGTH = 12;

export function codeHint(typed: string): CodeHint {
  const digits = typed.replace(/\D/g, "").length;
  const parsed = parseCode(typed);
  if (parsed.ok) {
    return { state: "right", text: "That number fits." };
  }
  switch (parsed.problem) {
    case "mistyped":
      return { state: "mistyped", text: "One of the digits is wrong. Ask them to read it again, slowly." };
    case "too-short":
      return { state: "open", text: digits === 0 ? "Twelve digits. They stand large on the other screen." : remaining(LENGTH - digits) };
    case "too-long":
      return { state: "mistyped", text: "That is more than twelve digits." };
    case "not-digits":
      return { state: "mistyped", text: "The number has digits only." };
  }
}

function remaining(count: number): string {
  return count === 1 ? "One more digit." : `${count} more digits.`;
}
