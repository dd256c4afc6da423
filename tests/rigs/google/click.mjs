// Opens an address in a Chromium that is running and clicks Allow, over the DevTools protocol: click.mjs PORT ADDRESS
const [port, address] = process.argv.slice(2);
const opened = await fetch(`http://127.0.0.1:${port}/json/new?${encodeURIComponent(address)}`, { method: "PUT" });
const socket = new WebSocket((await opened.json()).webSocketDebuggerUrl);
await new Promise((ready, failed) => ((socket.onopen = ready), (socket.onerror = failed)));

let last = 0;
const waiting = new Map();
socket.onmessage = ({ data }) => {
  const { id, result } = JSON.parse(data);
  waiting.get(id)?.(result);
};
const ask = (expression) =>
  new Promise((answered) => {
    waiting.set(++last, (result) => answered(result?.result?.value));
    socket.send(JSON.stringify({ id: last, method: "Runtime.evaluate", params: { expression } }));
  });
const until = async (expression) => {
  for (let tries = 0; tries < 200; tries++) {
    const value = await ask(expression);
    if (value) return value;
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error(`never: ${expression}`);
};

await until("document.querySelector('#allow') !== null");
await ask("document.querySelector('#allow').click()");
console.log(await until("location.port !== '" + new URL(address).port + "' && document.readyState === 'complete' && document.body.innerText"));
socket.close();
