"""The source tutorial's user service; README.md says what was changed to make it run."""
from fastapi import Body, FastAPI
from pydantic import BaseModel

from user import User

app = FastAPI()

users = {}  # by id


class UserResponse(BaseModel):
    id: int
    name: str


@app.post("/users")
async def create_user(user: UserResponse = Body(...)):
    new_user = User(id=len(users) + 1, name=user.name)
    users[new_user.id] = new_user
    return new_user


@app.get("/users/{user_id}")
async def get_user(user_id: int):
    user = users.get(user_id)
    if user:
        return UserResponse(id=user.id, name=user.name)
    else:
        return {"message": "User not found"}
