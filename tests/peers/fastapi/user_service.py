"""The tutorial's user service; README.md says what was changed to make it run."""
import os

from fastapi import Body, FastAPI
from pydantic import BaseModel
from sqlmodel import Session, SQLModel, create_engine

from user import User

app = FastAPI()

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///users.db"))
SQLModel.metadata.create_all(engine)


class UserResponse(BaseModel):
    id: int
    name: str


@app.post("/users")
async def create_user(user: UserResponse = Body(...)):
    new_user = User(name=user.name)
    with Session(engine) as session:
        session.add(new_user)
        session.commit()
        session.refresh(new_user)
    return new_user


@app.get("/users/{user_id}")
async def get_user(user_id: int):
    with Session(engine) as session:
        user = session.query(User).filter(User.id == user_id).first()
    if user:
        return UserResponse(id=user.id, name=user.name)
    else:
        return {"message": "User not found"}
