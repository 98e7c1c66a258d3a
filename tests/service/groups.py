"""How the checks take part in messaging: with consumer groups of their own."""
from running import exchange, post, put


def subscribe(url, group, *topics):
    return exchange(url, put(f"/groups/{group}", {"topics": topics}))


def receive(url, group, most, wait_ms):
    wanted = {"max": most, "wait_ms": wait_ms}
    return exchange(url, post(f"/groups/{group}/receive", wanted)).json()["deliveries"]


def take(url, group, topic, wait_ms=0):
    """The next message of the topic, held by the group, which is made; there must be one."""
    subscribe(url, group, topic)
    (delivery,) = receive(url, group, 1, wait_ms)
    return delivery


def settling(group, action, *deliveries, **more):
    """The request to settle them so."""
    held = [{"id": delivery["id"], "lease": delivery["lease"]} for delivery in deliveries]
    return post(f"/groups/{group}/{action}", {"deliveries": held, **more})
