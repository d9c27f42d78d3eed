"""amqtt's broker, mended where it loses what short-lived clients publish. For the broker's process alone."""

from amqtt.broker import Broker
from amqtt.session import Session


class PatientBroker(Broker):
    """amqtt 0.12.1 sends every new client the retained messages that *any* client has subscribed to.

    It does so before it reads what the client sends. A client that publishes once and leaves is gone by
    then: the sending fails, and with it the client's own message is dropped. Here a client gets what it has
    subscribed to itself.
    """

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        subscribers = self._subscriptions.get(subscription[0], ())
        if any(subscriber.client_id == session.client_id for subscriber, _qos in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)
