import asyncio


async def send_text(waits: bool):
    if waits:
        await asyncio.sleep(0)


async def speak(name: str, waits: bool):
    for word in ("one", "two"):
        await send_text(waits)
        print(f"{name}: {word}", end="  ")


async def both(waits: bool):
    await asyncio.gather(speak("A", waits), speak("B", waits))
    print()


asyncio.run(both(waits=False))
asyncio.run(both(waits=True))
