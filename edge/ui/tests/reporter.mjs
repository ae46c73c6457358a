// A reporter for `node --test` that writes the events of `go test -json`, so that one summary covers every test of the
// repository.
const PACKAGE = "edge/ui";

const event = (action, more) => `${JSON.stringify({ Time: new Date(), Action: action, Package: PACKAGE, ...more })}\n`;

export default async function* reporter(source) {
  const parents = [];
  let failed = 0;
  yield event("start");
  for await (const { type, data } of source) {
    const path = () => [...parents.slice(0, data.nesting), data.name].join("/").replaceAll(" ", "_");
    switch (type) {
      case "test:start":
        parents[data.nesting] = data.name.replaceAll("/", "|");
        yield event("run", { Test: path() });
        break;
      case "test:pass":
      case "test:fail": {
        const test = { Test: path(), Elapsed: data.details.duration_ms / 1000 };
        if (type === "test:fail") {
          failed++;
          const error = data.details.error;
          yield event("output", { ...test, Output: `    ${error.cause?.stack ?? error.stack ?? error.message}\n` });
        }
        yield event(type === "test:fail" ? "fail" : data.skip === undefined ? "pass" : "skip", test);
        break;
      }
      case "test:stdout":
      case "test:stderr":
        yield event("output", { Output: data.message });
    }
  }
  yield event(failed ? "fail" : "pass");
}
