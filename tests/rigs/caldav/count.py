"""Passes connections on and notes how many bytes went through each, a line at its end: count.py PORT TO FILE"""

import asyncio
import sys

port, to, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


async def copy(reader, writer):
    size = 0
    try:
        while data := await reader.read(1 << 16):
            size += len(data)
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        pass
    return size


async def serve(reader, writer):
    there, back = await asyncio.open_connection("127.0.0.1", to)
    sizes = await asyncio.gather(copy(reader, back), copy(there, writer))
    with open(file, "a") as out:
        print(sum(sizes), file=out)
    writer.close()
    back.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


asyncio.run(main())
