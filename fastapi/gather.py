"""main.py with the broadcast that everybody proposes: to all clients at the same time.

From this folder: uvicorn --factory gather:plain, or gather:return_exceptions
"""

import asyncio

import main


class Gather(main.ConnectionManager):
    async def broadcast(self, message: str):
        await asyncio.gather(*(c.send_text(message) for c in self.active_connections))


class GatherExceptions(main.ConnectionManager):
    async def broadcast(self, message: str):
        sends = (c.send_text(message) for c in self.active_connections)
        await asyncio.gather(*sends, return_exceptions=True)


def plain():
    main.manager = Gather()
    return main.app


def return_exceptions():
    main.manager = GatherExceptions()
    return main.app
