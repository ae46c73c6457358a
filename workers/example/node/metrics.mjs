// The metrics of every worker, in the text format of Prometheus.
import { createServer } from "node:http";

const results = { done: 0, retried: 0, dead: 0, stale: 0 };
let seconds = 0;

/** Counts a message by what became of it, and the seconds it took. */
export function countResult(result, took) {
  results[result]++;
  seconds += took;
}

/** Serves /metrics and /healthz at address, host:port; undefined without one. */
export function serveMetrics(worker, address) {
  if (!address) return undefined;
  const server = createServer((request, response) => {
    if (request.url === "/healthz") return response.end();
    if (request.url !== "/metrics") return response.writeHead(404).end();
    const counts = Object.entries(results).map(([result, n]) => `selene_worker_messages_total{result="${result}",worker="${worker}"} ${n}`);
    const total = Object.values(results).reduce((sum, n) => sum + n, 0);
    response.setHeader("Content-Type", "text/plain; version=0.0.4").end([
      "# TYPE selene_worker_messages_total counter", ...counts,
      "# TYPE selene_worker_seconds summary",
      `selene_worker_seconds_sum{worker="${worker}"} ${seconds}`, `selene_worker_seconds_count{worker="${worker}"} ${total}`, "",
    ].join("\n"));
  });
  const { hostname, port } = new URL(`http://${address}`);
  return server.listen(Number(port), hostname);
}
