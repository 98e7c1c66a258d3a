"""The source tutorial's order service; README.md says what was changed to make it run."""
import os

from fastapi import Body, FastAPI
from pydantic import BaseModel
from requests import get

from order import Order

app = FastAPI()

USER_SERVICE_URL = os.environ["USER_SERVICE_URL"]


class OrderResponse(BaseModel):
    id: int  # Placeholder for future implementation with database
    user_id: int
    item_name: str
    username: str  # Retrieved from user-service


@app.post("/orders")
async def create_order(order: Order = Body(...)):
    # Call user service to get username
    user_response = get(f"{USER_SERVICE_URL}/users/{order.user_id}")
    if user_response.status_code == 200:
        user_data = user_response.json()
        username = user_data["name"]
    else:
        return {"message": "User not found"}

    new_order = Order(user_id=order.user_id, item_name=order.item_name, username=username)
    # Implement logic to store order (replace with database interaction)
    print(f"Order created for user {username} (ID: {order.user_id}) - Item: {order.item_name}")
    return new_order
