import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Graph, type Line } from "../ui/graph.tsx";
import { size } from "../ui/size.ts";
import { lagOf } from "./advice.ts";
import type { ClusterState } from "./look.ts";
import { fsyncMs, type Metrics } from "./member-metrics.ts";

/** Ten minutes, at one reading every 3 seconds. */
const mostPoints = 200;

/** The values of one reading, by the name of the line that shows them. */
interface Point {
  readonly sizes: ReadonlyMap<string, number>;
  readonly lags: ReadonlyMap<string, number>;
  readonly fsyncs: ReadonlyMap<string, number>;
}

/** Graphs of the cluster over time, since this view was opened. */
export function ClusterGraphs({ cluster, quota }: { cluster: ClusterState; quota: number }): JSX.Element {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const last = useRef(new Map<string, Metrics>());
  useEffect(() => {
    const lags = new Map<string, number>();
    const fsyncs = new Map<string, number>();
    for (const { member, answer } of cluster.nodes) {
      if (answer?.status === undefined) continue;
      const name = member?.name || answer.place.name;
      lags.set(name, Number(lagOf(answer.status, cluster.statuses)));
      const ms = fsyncMs(last.current.get(name), answer.metrics);
      if (ms !== undefined) fsyncs.set(name, ms);
      if (answer.metrics !== undefined) last.current.set(name, answer.metrics);
    }
    const { dbSize, dbSizeInUse } = cluster.status;
    const sizes = new Map([
      ["file", Number(dbSize)],
      ["in use", Number(dbSizeInUse)],
    ]);
    setPoints((before) => [...before, { sizes, lags, fsyncs }].slice(-mostPoints));
  }, [cluster]);
  const share = (Number(cluster.status.dbSize) / quota) * 100;
  const disk = linesOf(points, "fsyncs");
  return (
    <div class="graphs">
      <div class="card">
        <Graph title="Database" lines={linesOf(points, "sizes")} show={size} />
        <label class="check">
          <meter max={quota} low={quota * 0.7} high={quota * 0.9} optimum={0} value={Number(cluster.status.dbSize)} />
          {share < 1 ? "less than 1" : Math.round(share)} % of its quota of {size(quota)}
        </label>
      </div>
      <div class="card">
        <Graph title="Entries behind" lines={linesOf(points, "lags")} least={100} />
      </div>
      {disk.length > 0 && (
        <div class="card">
          <Graph title="Log to disk" lines={disk} show={(ms) => `${ms.toFixed(1)} ms`} />
        </div>
      )}
    </div>
  );
}

/** A line for each name. A reading without a value repeats the previous value. */
function linesOf(points: readonly Point[], of: keyof Point): Line[] {
  const names = new Set(points.flatMap((point) => [...point[of].keys()]));
  return [...names].map((label): Line => {
    let value = 0;
    return { label, values: points.map((point) => (value = point[of].get(label) ?? value)) };
  });
}
