/** `fetcd/openfeature`: flags out of etcd as providers for the SDKs of OpenFeature. */
export { createServerProvider, type ServerProvider } from "./server-provider.ts";
export { createWebProvider, type WebProvider } from "./web-provider.ts";
