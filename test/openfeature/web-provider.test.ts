import { OpenFeature, type Provider, ProviderEvents, ProviderStatus } from "@openfeature/web-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { createWebProvider } from "../../src/openfeature/index.ts";
import { storedFlags } from "./stored-flags.ts";

afterEach(async () => {
  await OpenFeature.clearProviders();
  OpenFeature.clearHandlers();
  await OpenFeature.setContext({});
});

describe("the provider in OpenFeature's web SDK", () => {
  it("resolves flags at once, for the context of the page", async () => {
    const { flags } = await storedFlags();
    const provider: Provider = createWebProvider(flags);
    await OpenFeature.setProviderAndWait(provider);
    const client = OpenFeature.getClient();
    expect(client.getNumberValue("limit", 1)).toBe(20);
    expect(client.getObjectDetails("theme", {})).toMatchObject({ value: { color: "red" }, reason: "STATIC" });
    expect(client.getStringValue("greeting", "")).toBe("hi");
    expect(client.getBooleanDetails("dark", false)).toMatchObject({ value: false, reason: "DEFAULT" });
    await OpenFeature.setContext({ targetingKey: "u", plan: "pro" });
    expect(client.getStringDetails("greeting", "")).toMatchObject({ value: "good morning", variant: "polite" });
    expect(client.getBooleanDetails("dark", false)).toMatchObject({ value: true, reason: "TARGETING_MATCH" });
    expect(client.getStringDetails("none", "x")).toMatchObject({ value: "x", errorCode: "FLAG_NOT_FOUND" });
    expect(client.getStringDetails("limit", "x")).toMatchObject({ value: "x", errorCode: "TYPE_MISMATCH" });
  });

  it("tells the page of changes, and of data that are stale", async () => {
    const { etcd, flags, memory } = await storedFlags();
    await OpenFeature.setProviderAndWait(createWebProvider(flags));
    const client = OpenFeature.getClient();
    const seen: unknown[] = [];
    client.addHandler(ProviderEvents.ConfigurationChanged, (details) => seen.push(details?.flagsChanged));
    client.addHandler(ProviderEvents.Stale, () => seen.push("stale"));
    await etcd.put("flags/limit", "30");
    await flags.refresh();
    expect([client.getNumberValue("limit", 1), seen]).toEqual([30, [["limit"]]]);
    memory.faults.drop(1);
    await flags.refresh().catch(() => undefined);
    expect([client.providerStatus, client.getNumberValue("limit", 1), seen.at(-1)]).toEqual([
      ProviderStatus.STALE,
      30,
      "stale",
    ]);
    await flags.refresh();
    expect(client.providerStatus).toBe(ProviderStatus.READY);
  });

  it("stays stale, or in error, when the context changes", async () => {
    const { flags, memory, pass } = await storedFlags({ ttl: 10, staleIfError: 60 });
    await OpenFeature.setProviderAndWait(createWebProvider(flags));
    const client = OpenFeature.getClient();
    memory.faults.drop(Infinity);
    await flags.refresh().catch(() => undefined);
    await OpenFeature.setContext({ plan: "pro" });
    expect([client.providerStatus, client.getStringValue("greeting", "")]).toEqual([
      ProviderStatus.STALE,
      "good morning",
    ]);
    pass(71);
    client.getNumberValue("limit", 1);
    await OpenFeature.setContext({ plan: "free" });
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    memory.faults.clear();
    await flags.refresh();
    await OpenFeature.setContext({});
    expect(client.providerStatus).toBe(ProviderStatus.READY);
  });
});
