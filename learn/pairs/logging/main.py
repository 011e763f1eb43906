import logging

from fastapi import FastAPI

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
app = FastAPI()


@app.get("/items/{name}")
async def read_item(name: str):
    logger.debug("looking for %s", name)
    logger.info("read %s", name)
    return {"name": name}
