"""The source tutorial's order model."""
from pydantic import BaseModel


class Order(BaseModel):
    user_id: int
    item_name: str
