from fastapi import FastAPI
from pydantic import PositiveInt
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    api_key: str
    page_size: PositiveInt = 20


settings = Settings()
app = FastAPI()


@app.get("/info")
async def info():
    return {"page_size": settings.page_size}
