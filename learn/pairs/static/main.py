from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

here = Path(__file__).parent

app = FastAPI()
app.mount("/static", StaticFiles(directory=here / "static"), name="static")
