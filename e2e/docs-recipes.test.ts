import { testExamples } from "./doc-examples.ts";

testExamples("docs/recipes.md", {
  "Transactions as functions": /^70 30\n$/,
  Counter: /^7n 7n\n$/,
  Queue: /^resize 1\.png 1n\n$/,
  "Priority queue": /^disk is full\n$/,
  "Lock for readers and writers": /^true null\n$/,
  Semaphore: /^true null\n$/,
  Barrier: /^go\n$/,
  "Double barrier": /^plays\nplays\n$/,
  Registry: /^host-1 http:\/\/10\.0\.0\.1:8080\n$/,
});
