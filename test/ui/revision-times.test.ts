import { expect, it } from "vitest";
import { createRevisionTimes } from "../../ui/src/revision-times.ts";

it("tells how long ago a revision was first seen, and of older ones no more than that", () => {
  let now = 0;
  const times = createRevisionTimes(() => now);
  expect(times.ago(1n)).toBe("just now");
  times.note(10n);
  now = 60_000;
  times.note(12n);
  times.note(11n);
  now = 90_000;
  expect(times.ago(9n)).toBe("more than 1 minute ago");
  expect(times.ago(10n)).toBe("more than 1 minute ago");
  expect(times.ago(11n)).toBe("30 seconds ago");
  expect(times.ago(12n)).toBe("30 seconds ago");
  expect(times.ago(13n)).toBe("just now");
  for (let revision = 13n; revision < 30_000n; revision++) times.note(revision);
  expect(times.ago(10n)).toBe("more than 1 minute ago");
  now += 2 * 86_400_000;
  expect(times.ago(29_999n)).toBe("2 days ago");
});
