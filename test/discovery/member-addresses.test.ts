import { describe, expect, it } from "vitest";
import { memberAddresses, mostMembers } from "../../src/discovery/member-addresses.ts";
import { parseAddress } from "../../src/transport/http/address.ts";

const rules = { credentials: false, allowInsecure: true };
const named = (urls: readonly string[], ...given: string[]): string[] =>
  memberAddresses(
    urls,
    given.map((url) => parseAddress(url, rules)),
    rules,
  ).map(({ url }) => url);

describe("the client URLs that members name", () => {
  const remote = "http://10.0.0.1:2379";

  it.each([
    "http://127.0.0.1:2379",
    "http://127.1:2379",
    "http://2130706433:2379",
    "http://0x7f.9.9.9:2379",
    "http://127.0.0.1.:2379",
    "http://localhost:2379",
    "http://LOCALHOST.:2379",
    "http://x.localhost:2379",
    "http://x.localhost.:2379",
    "http://[::1]:2379",
    "http://[::ffff:127.0.0.1]:2379",
    "http://[::127.0.0.1]:2379",
    "http://[64:ff9b::127.0.0.1]:2379",
  ])("%s is used only if a given endpoint is this machine too", (url) => {
    expect(named([url], remote)).toEqual([]);
    expect(named([url], "http://[::1]:4001")).toHaveLength(1);
    expect(named([url], "http://localhost:4001")).toHaveLength(1);
  });

  it.each([
    "http://0.0.0.0:2379",
    "http://[::]:2379",
    "http://[::ffff:0.0.0.0]:2379",
    "http://169.254.169.254",
    "http://169.254.0.1:2379",
    "http://[::ffff:169.254.169.254]:2379",
    "http://[fe80::1]:2379",
    "http://[febf::1]:2379",
    "http://[fd00:ec2::254]",
    "http://[fd00:0ec2:0:0::254]",
    "http://metadata.google.internal",
    "http://METADATA.google.internal.",
    "http://100.100.100.200",
    "http://[::ffff:100.100.100.200]",
    "https://10.0.0.2:2379",
    "ftp://10.0.0.2:2379",
    "unix://10.0.0.2:2379",
    "http://user:password@10.0.0.2:2379",
    "http://10.0.0.2:2379/?x",
    "not a URL",
    "",
  ])("%s is never used", (url) => {
    expect(named([url], remote)).toEqual([]);
    expect(named([url], "http://127.0.0.1:4001")).toEqual([]);
  });

  it("are used once each, and not where they were given", () => {
    const urls = ["http://10.0.0.2:2379", "http://10.0.0.1:2379/", "http://10.0.0.2:2379/", "http://[fd00::2]:2379"];
    expect(named(urls, remote)).toEqual(["http://10.0.0.2:2379", "http://[fd00::2]:2379"]);
  });

  it("are looked at up to a number", () => {
    const urls = Array.from({ length: 1000 }, (_, i) => `http://10.0.1.${i % 250}:${3000 + i}`);
    expect(named(urls, remote)).toHaveLength(mostMembers);
  });

  it("are refused where credentials would go unencrypted", () => {
    const strict = { credentials: true, allowInsecure: false };
    const given = [parseAddress("http://127.0.0.1:4001", strict)];
    expect(memberAddresses(["http://10.0.0.2:2379"], given, strict)).toEqual([]);
  });
});
