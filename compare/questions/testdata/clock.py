import asyncio
from contextlib import asynccontextmanager
from datetime import datetime


async def tell_the_time():
    while True:
        await asyncio.sleep(60)
        await manager.broadcast(f"It is {datetime.now():%H:%M}")


@asynccontextmanager
async def lifespan(app: FastAPI):
    clock = asyncio.create_task(tell_the_time())  # a task that nothing holds may vanish
    yield
    clock.cancel()
