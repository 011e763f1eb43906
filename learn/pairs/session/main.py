from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


def get_session():  # print stands for a database
    print("session opened")
    try:
        yield "session"
        print("committed")
    except Exception:
        print("rolled back")
        raise
    finally:
        print("session closed")


@app.post("/orders/{pieces}")
async def order(pieces: int, session: Annotated[str, Depends(get_session, scope="function")]):
    if pieces > 100:
        raise HTTPException(409, "there are only 100")
    print("pieces:", 100 // pieces)
    return {"pieces": pieces}
