"""The source tutorial's user model."""
from pydantic import BaseModel


class User(BaseModel):
    id: int
    name: str
