import { describe, expect, it } from "vitest";
import { checkAnswer, DescriptionRefused, ownFingerprint } from "./sdp";
import { AGENT_PRINT, description, printed, VIEWER_PRINT } from "./fakes.testkit";

function problem(sdp: string): string | null {
  try {
    checkAnswer(sdp, AGENT_PRINT);
    return null;
  } catch (error) {
    return error instanceof DescriptionRefused ? error.problem : "another error";
  }
}

const good = description(AGENT_PRINT, "sendonly");
const VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=sendonly\r\na=rtpmap:98 VP9/90000\r\n";

// THREATS 5, 20
describe("an answer", () => {
  it("with the bound certificate is taken, whatever its line ends", () => {
    expect(problem(good)).toBeNull();
    expect(problem(description(AGENT_PRINT, "sendonly", ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=sendrecv"]))).toBeNull();
    expect(problem(good.replaceAll("\r\n", "\n"))).toBeNull();
    expect(problem(good.replace("m=video 9", "m=video 0"))).toBeNull();
    expect(problem(good.replace("m=video 9", "m=video 0") + VIDEO)).toBeNull();
    expect(problem(good.replaceAll("sha-256", "SHA-256").toLowerCase())).toBeNull();
  });

  it.each([
    ["another certificate", description(VIEWER_PRINT, "sendonly"), "other-fingerprint"],
    ["a second certificate", description(AGENT_PRINT, "sendonly", [`a=fingerprint:sha-256 ${printed(VIEWER_PRINT)}`]), "other-fingerprint"],
    ["a certificate by another hash", description(AGENT_PRINT, "sendonly", ["a=fingerprint:sha-1 00:01"]), "other-fingerprint"],
    ["a cut fingerprint", good.replaceAll(":B2\r\n", "\r\n"), "other-fingerprint"],
    ["no certificate", good.replaceAll("a=fingerprint", "a=x-fingerprint"), "no-fingerprint"],
    ["a second voice", description(AGENT_PRINT, "sendonly", ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF 111"]), "unexpected-media"],
    ["another codec of voice", description(AGENT_PRINT, "sendonly", ["m=audio 9 UDP/TLS/RTP/SAVPF 9", "a=rtpmap:9 G722/8000"]), "unexpected-media"],
    ["a second video", description(AGENT_PRINT, "sendonly", ["m=video 9 UDP/TLS/RTP/SAVPF 98"]), "unexpected-media"],
    ["a second video beside closed ones", good.replace("m=video 9", "m=video 0") + VIDEO + VIDEO, "unexpected-media"],
    ["a second video that goes with the first", good + VIDEO.replace(" 9 ", " 0 ") + "a=bundle-only\r\n", "unexpected-media"],
    ["a line of another kind", good + "m=text 9 UDP/TLS/RTP/SAVPF 98\r\n", "unexpected-media"],
    ["too many lines", good + VIDEO.replace(" 9 ", " 0 ").repeat(16), "unexpected-media"],
    ["closed data channels", good.replace("m=application 9", "m=application 0"), "unexpected-media"],
    ["another codec", description(AGENT_PRINT, "sendonly", ["a=rtpmap:100 H264/90000"]), "unexpected-media"],
    ["a wish for our camera", description(AGENT_PRINT, "sendrecv"), "unexpected-media"],
    ["no data channels", good.replace("m=application", "m=video"), "unexpected-media"],
    ["too much text", good + "a=x\r\n".repeat(10_000), "too-large"],
    ["nothing", "", "no-fingerprint"],
  ])("with %s is refused", (_, sdp, want) => {
    expect(problem(sdp)).toBe(want);
  });
});

describe("our own offer", () => {
  it("tells our certificate", () => {
    expect(ownFingerprint(description(VIEWER_PRINT, "recvonly"))).toEqual(VIEWER_PRINT);
    expect(() => ownFingerprint("v=0")).toThrow(DescriptionRefused);
  });
});
