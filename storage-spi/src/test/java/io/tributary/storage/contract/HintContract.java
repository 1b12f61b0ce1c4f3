package io.tributary.storage.contract;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.HintChannel;
import org.junit.jupiter.api.Test;

/** What {@link HintChannel} promises on one node. */
public abstract class HintContract extends ContractBase {
  @Test
  protected void publishingNeedsNobodyToListen() {
    storage().hints().publish(newStore(), 1);
  }

  @Test
  protected void aSubscriptionCanBeEndedMoreThanOnce() {
    HintChannel.Subscription subscription = await(storage().hints().subscribe((store, head) -> {}));
    storage().hints().publish(newStore(), 1);
    await(subscription.cancel());
    await(subscription.cancel());
    storage().hints().publish(newStore(), 2);
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    assertCompletesOnTheCallersContext(() ->
        storage().hints().subscribe((store, head) -> {}).compose(HintChannel.Subscription::cancel));
  }

  @Test
  protected void aClosedStorageTellsNobodyAnything() {
    StoreKey store = newStore();
    HintChannel.Subscription subscription = await(storage().hints().subscribe((key, head) -> {}));
    HintChannel hints = close().hints();
    hints.publish(store, 1);
    await(subscription.cancel());
    assertRefusedAsClosed(() -> hints.subscribe((key, head) -> {}));
  }
}
