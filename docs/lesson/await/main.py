"""Two tasks: one works for half a second without await, the other wants to tick every tenth of a second."""

import asyncio
import time


def work():
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass


async def worker():
    work()


async def ticker():
    longest, last = 0.0, time.monotonic()
    for _ in range(10):
        await asyncio.sleep(0.1)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    print("Python: every tick came in time" if longest < 0.3 else "Python: a tick had to wait for the worker")


async def main():
    ticking = asyncio.create_task(ticker())
    await asyncio.sleep(0.2)
    await asyncio.gather(ticking, worker())


asyncio.run(main())
