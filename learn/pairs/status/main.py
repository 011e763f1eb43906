from fastapi import FastAPI, HTTPException

app = FastAPI()
prices = {"pen": 3, "ink": 8}


@app.get("/items/{name}")
async def read_item(name: str):
    if name not in prices:
        raise HTTPException(404, "no such item")
    return {"name": name, "price": prices[name]}


@app.delete("/items/{name}", status_code=204)
async def delete_item(name: str):
    if prices.pop(name, None) is None:
        raise HTTPException(404, "no such item")
