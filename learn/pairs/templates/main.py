from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
app = FastAPI()


@app.get("/hello/{name}")
async def hello(request: Request, name: str, home: str = "/"):
    return templates.TemplateResponse(request, "hello.html", {"name": name, "home": home})
