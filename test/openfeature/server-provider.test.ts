import { type EventDetails, OpenFeature, type Provider, ProviderEvents, ProviderStatus } from "@openfeature/server-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { createFlags } from "../../src/flags/index.ts";
import { createServerProvider } from "../../src/openfeature/index.ts";
import { until } from "../suites/tools.ts";
import { storedFlags } from "./stored-flags.ts";

afterEach(async () => {
  await OpenFeature.close();
  OpenFeature.clearHandlers();
  await OpenFeature.clearProviders();
});

describe("the provider in OpenFeature's server SDK", () => {
  it("resolves flags of every type, with variant and reason", async () => {
    const { flags } = await storedFlags();
    const provider: Provider = createServerProvider(flags);
    await OpenFeature.setProviderAndWait(provider);
    const client = OpenFeature.getClient();
    expect([client.providerStatus, client.metadata.providerMetadata.name]).toEqual([ProviderStatus.READY, "fetcd"]);
    expect(await client.getNumberValue("limit", 1)).toBe(20);
    expect(await client.getObjectValue("theme", {})).toEqual({ color: "red" });
    expect(await client.getStringDetails("greeting", "", { plan: "pro" })).toMatchObject({
      value: "good morning",
      variant: "polite",
      reason: "TARGETING_MATCH",
    });
    expect(await client.getStringDetails("greeting", "")).toMatchObject({
      value: "hi",
      variant: "short",
      reason: "DEFAULT",
    });
    expect(await client.getBooleanDetails("dark", false, { targetingKey: "u" })).toMatchObject({
      value: true,
      variant: "on",
      reason: "TARGETING_MATCH",
      flagMetadata: { owner: "team" },
    });
    expect(await client.getStringDetails("unlisted", "")).toMatchObject({ value: "there", reason: "STATIC" });
    expect(await client.getNumberDetails("off", 7)).toMatchObject({ value: 7, reason: "DISABLED" });
    expect(await client.getNumberDetails("undecided", 7)).toMatchObject({ value: 7, reason: "DEFAULT" });
  });

  it("says in OpenFeature's codes why there is no value", async () => {
    const { etcd, flags } = await storedFlags();
    await etcd.put("flags/broken", "no JSON");
    await OpenFeature.setProviderAndWait(createServerProvider(flags));
    const client = OpenFeature.getClient();
    const reason = "ERROR";
    expect(await client.getNumberDetails("none", 7)).toMatchObject({ value: 7, reason, errorCode: "FLAG_NOT_FOUND" });
    expect(await client.getStringDetails("limit", "x")).toMatchObject({
      value: "x",
      reason,
      errorCode: "TYPE_MISMATCH",
    });
    expect(await client.getStringDetails("broken", "x")).toMatchObject({
      value: "x",
      reason,
      errorCode: "PARSE_ERROR",
    });
    await etcd.put("flags/lost", '{"state":"ENABLED","variants":{"a":1},"targeting":{"cat":["b"]}}');
    await flags.refresh();
    expect(await client.getNumberDetails("lost", 7)).toMatchObject({ value: 7, reason, errorCode: "GENERAL" });
  });

  it("tells of changes, of data that are stale, of data too old to use, and when all is well again", async () => {
    const { etcd, flags, memory, pass } = await storedFlags({ ttl: 10, staleIfError: 60 });
    await OpenFeature.setProviderAndWait(createServerProvider(flags));
    const client = OpenFeature.getClient();
    const seen: [string, EventDetails | undefined][] = [];
    for (const type of Object.values(ProviderEvents)) client.addHandler(type, (details) => seen.push([type, details]));
    seen.length = 0;
    await etcd.put("flags/limit", "30");
    pass(10);
    expect(await client.getNumberValue("limit", 1)).toBe(20);
    await until("the change is told", () => seen.length > 0);
    expect(seen.splice(0)).toEqual([
      [
        ProviderEvents.ConfigurationChanged,
        expect.objectContaining({ flagsChanged: ["limit"], providerName: "fetcd" }),
      ],
    ]);
    memory.faults.drop(Infinity);
    await flags.refresh().catch(() => undefined);
    expect(seen.splice(0)).toEqual([[ProviderEvents.Stale, expect.objectContaining({ message: expect.any(String) })]]);
    expect([client.providerStatus, await client.getNumberValue("limit", 1)]).toEqual([ProviderStatus.STALE, 30]);
    expect(await client.getNumberDetails("limit", 1)).toMatchObject({ reason: "STALE" });
    pass(71);
    expect(await client.getNumberDetails("limit", 1)).toMatchObject({ value: 1, errorCode: "PROVIDER_NOT_READY" });
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    await flags.settled();
    memory.faults.clear();
    seen.length = 0;
    await flags.refresh();
    expect([client.providerStatus, seen.map(([type]) => type)]).toEqual([ProviderStatus.READY, [ProviderEvents.Ready]]);
  });

  it("fails to start where etcd is away, unless it has something to start from", async () => {
    const { flags, memory } = await storedFlags();
    memory.faults.drop(Infinity);
    await expect(OpenFeature.setProviderAndWait(createServerProvider(flags))).rejects.toThrow("no connection");
    expect(OpenFeature.getClient().providerStatus).toBe(ProviderStatus.ERROR);
    const booted = await storedFlags({ bootstrap: { flags: { limit: 50 } } });
    booted.memory.faults.drop(Infinity);
    await OpenFeature.setProviderAndWait(createServerProvider(booted.flags));
    expect(await OpenFeature.getClient().getNumberValue("limit", 1)).toBe(50);
  });

  it("that failed to start says so, and that all is well once etcd answers", async () => {
    const { flags, memory, pass } = await storedFlags();
    memory.faults.drop(Infinity);
    await expect(OpenFeature.setProviderAndWait(createServerProvider(flags))).rejects.toThrow("no connection");
    const client = OpenFeature.getClient();
    const seen: string[] = [];
    for (const type of Object.values(ProviderEvents)) client.addHandler(type, () => seen.push(type));
    seen.length = 0;
    expect(await client.getStringDetails("unlisted", "x")).toMatchObject({ errorCode: "PROVIDER_NOT_READY" });
    memory.faults.clear();
    pass(10);
    // A read is answered from what is known, and sees that etcd is asked.
    await client.getNumberValue("limit", 1);
    await until("the provider is ready", () => client.providerStatus === ProviderStatus.READY);
    expect(await client.getNumberValue("limit", 1)).toBe(20);
    expect(seen).toEqual([ProviderEvents.ConfigurationChanged, ProviderEvents.Ready]);
  });

  it("set while etcd is away is ready and stale with what there is, and in error with what is too old", async () => {
    const { flags, memory, pass } = await storedFlags({ ttl: 10, staleIfError: 60 });
    await flags.ready();
    memory.faults.drop(Infinity);
    await flags.refresh().catch(() => undefined);
    const client = OpenFeature.getClient();
    const seen: string[] = [];
    for (const type of Object.values(ProviderEvents)) client.addHandler(type, () => seen.push(type));
    await OpenFeature.setProviderAndWait(createServerProvider(flags));
    expect([seen, client.providerStatus]).toEqual([[ProviderEvents.Ready, ProviderEvents.Stale], ProviderStatus.STALE]);
    expect(await client.getNumberDetails("limit", 1)).toMatchObject({ value: 20, reason: "STALE" });
    pass(71);
    await expect(OpenFeature.setProviderAndWait(createServerProvider(flags))).rejects.toThrow("no connection");
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    memory.faults.clear();
    await flags.refresh();
    expect(client.providerStatus).toBe(ProviderStatus.READY);
  });

  it("says that etcd does not answer where a watch leaves no error behind", async () => {
    const flags = createFlags.fake({ limit: 10 });
    await OpenFeature.setProviderAndWait(createServerProvider(flags));
    const messages: (string | undefined)[] = [];
    const client = OpenFeature.getClient();
    const note = (details: EventDetails | undefined): void => void messages.push(details?.message);
    for (const type of [ProviderEvents.Stale, ProviderEvents.Error]) client.addHandler(type, note);
    for (const status of ["stale", "expired"] as const) flags.setStatus(status);
    expect(messages).toEqual(["etcd does not answer", "etcd does not answer"]);
  });

  it("hears no more of the flags when it is closed, and leaves them open", async () => {
    const { etcd, flags } = await storedFlags();
    const provider = createServerProvider(flags);
    await OpenFeature.setProviderAndWait(provider);
    let told = 0;
    provider.events.addHandler(ProviderEvents.ConfigurationChanged, () => told++);
    await etcd.put("flags/limit", "1");
    await flags.refresh();
    expect(told).toBe(1);
    await OpenFeature.close();
    await etcd.put("flags/limit", "2");
    await flags.refresh();
    expect([told, flags.status, flags.get("limit")]).toEqual([1, "live", 2]);
  });
});
